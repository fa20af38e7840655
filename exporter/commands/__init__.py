"""The commands, a module each: the object ``command`` reads the arguments and calls the rest of the exporter.

A module is imported when its command runs, so that ``--help`` and completion wait for none of them. A new
command is a module here and a line below.
"""

#: Heading in the help, command, and its line there.
SECTIONS = {
    "Load data": {
        "ingest": "Load files or folders into the lake.",
        "pull": "Bring what iNaturalist has into the lake, within its limits.",
        "model": "Read which taxa are classes of iNaturalist's current model.",
    },
    "Ask the data": {
        "readiness": "List which taxa would be classes, and what the others lack.",
        "hotspots": "List the labels with the most wrong observations, worst first.",
        "worklist": "List observations to review, most suspect first.",
    },
    "Export": {
        "guard": "Check whether anything was pushed before a cutoff.",
        "snapshot": "Write the export at a cutoff.",
        "verify": "Check a written snapshot.",
        "compare": "Compare two exports class by class.",
        "policy": "Show what announcing a cutoff would do, in simulated communities.",
    },
    "Look after it": {
        "doctor": "Check the lake, and restore its newest whole version.",
        "simulate": "Write a simulated world, as iNaturalist's API would give it.",
        "completion": "Print a script that completes command lines in a shell.",
    },
}
