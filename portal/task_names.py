"""The tasks by name, and the queue of each: here once for the schedule, the workers and who sends one."""

REFRESH = "sync.refresh"
RESUME = "refresh.resume"
PULL = "sync.pull"
RESUME_PULL = "sync.resume"
PUBLISH = "api.publish"
ADVANCE_CUTOFFS = "cutoffs.advance"
CUT = "cutoffs.cut"
COMPARE = "training.compare"
COUNT_EFFECTS = "effects.count"
ADVANCE_BLITZES = "blitzes.advance"
MEASURE = "blitzes.measure"
ADVANCE_BATCHES = "batches.advance"
MEASURE_BATCHES = "batches.measure"
DELIVER = "notices.deliver"
ADVANCE_LOADS = "loads.advance"
TRAIN = "training.train"
REMOVE_SESSIONS = "accounts.remove_sessions"
MAIL_LINKS = "accounts.mail_links"

QUEUES = {
    REFRESH: "compute",
    RESUME: "compute",
    PULL: "pull",
    RESUME_PULL: "pull",
    PUBLISH: "compute",
    ADVANCE_CUTOFFS: "notify",
    CUT: "compute",
    COMPARE: "compute",
    COUNT_EFFECTS: "compute",
    ADVANCE_BLITZES: "notify",
    MEASURE: "compute",
    ADVANCE_BATCHES: "notify",
    MEASURE_BATCHES: "compute",
    DELIVER: "notify",
    ADVANCE_LOADS: "notify",
    TRAIN: "train",
    REMOVE_SESSIONS: "notify",
    MAIL_LINKS: "notify",
}
