"""What errors that come from Excel mean, and how they are put into words."""

from __future__ import annotations

# A call that Excel does not take now: RPC_E_CALL_REJECTED, RPC_E_SERVERCALL_RETRYLATER, and 0x800AC472, which it answers
# while a cell is being edited.
_BUSY = (-2147418111, -2147417846, -2146777998)


def is_busy(error: BaseException | None) -> bool:
    """Whether an error, or what it came of, says that Excel takes no calls now but may take them later."""
    while error is not None:
        codes = [arg for arg in error.args if isinstance(arg, int)]
        codes += [part for arg in error.args if isinstance(arg, tuple) for part in arg if isinstance(part, int)]
        if any(code in _BUSY for code in codes) or type(error).__name__ == "ExcelBusyError":  # the latter is xlwings'
            return True
        error = error.__cause__ or error.__context__
    return False


def words(error: BaseException) -> str:
    """An error that nobody foresaw, in a line to send to whoever maintains this: COM's own words, and its number."""
    code = error.args[0] if error.args and isinstance(error.args[0], int) else None
    if code is None or type(error).__name__ != "com_error":
        return f"{type(error).__name__}: {error}"
    said = [part for arg in error.args[1:3] for part in (arg if isinstance(arg, tuple) else (arg,))]
    texts = [part.strip() for part in said if isinstance(part, str) and part.strip()]
    numbers = [code, *(part for part in said if isinstance(part, int) and part)]
    return f"{'；'.join(dict.fromkeys(texts))}（{'、'.join(f'0x{number & 0xFFFFFFFF:08X}' for number in numbers)}）"
