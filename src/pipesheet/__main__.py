"""``python -m pipesheet`` is the ``pipesheet`` command."""

from pipesheet.cli import main

if __name__ == "__main__":
    main(prog_name="pipesheet")
