"""Our commands, in processes that are killed right after a commit, each by its own n-th: nobody has heard of it yet."""

import os
import signal
from itertools import count

from kernel.unit_of_work import UnitOfWork

commit = UnitOfWork.commit
commits, last = count(1), int(os.environ["QUIRE_FAULT_COMMITS"])


async def commit_and_die(self: UnitOfWork) -> None:
    """Commit, and do not live to tell."""
    await commit(self)
    if next(commits) == last:
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    UnitOfWork.commit = commit_and_die  # type: ignore[method-assign] # on purpose
    from app.cli import main

    main()
