"""Manifest in, results out: trains the vision model on a snapshot and reports what it learned.

Never imports Django, `portal` or `exporter`.
"""

import os

# On processors without instructions for neural networks TensorFlow leaves oneDNN out unless it is set,
# and then has no gradient for the grouped convolutions of ConvNeXt. It reads this once, as it is imported.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
