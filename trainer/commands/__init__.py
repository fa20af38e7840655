"""The commands, a module each: the object ``command`` reads the arguments and calls the rest of the trainer.

A module is imported when its command runs. What needs TensorFlow, which takes seconds to load, is imported
where it is called: help, and a command line that is wrong, do without it.
"""

#: Heading in the help, command, and its line there.
SECTIONS = {
    "Train": {
        "fetch": "Download a snapshot's photos.",
        "fit": "Train, or go on training.",
    },
    "Judge": {
        "evaluate": "Judge a run's checkpoint on the test set.",
        "label-issues": "Find suspected labels in the training set.",
        "report": "Send a run's results to the portal.",
    },
    "Experiment": {
        "compare": "Compare one model with a model for each clade.",
        "label-noise": "Measure what wrong labels do to a model.",
    },
    "Use": {
        "export": "Write a run's network with all that a decision needs.",
        "predict": "Say what photos show.",
        "completion": "Print a script that completes command lines in a shell.",
    },
}
