"""What a bundle tells officials, as text files that Notepad shows right."""

from __future__ import annotations

from xl_kpi.bundle.targets import Target

INCOMPLETE = "文件不全：请先把压缩包全部解压，再双击解压后文件夹里的“安装.bat”。"


def folder_name(target: Target, version: str) -> str:
    """What a bundle is called; ASCII at its end, for whoever types it."""
    return f"绩效考核离线安装包_{target.name}_{version}"


def read_me(target: Target, version: str, pythons: tuple[str, ...]) -> str:
    """说明.txt: what it is, whom it serves, what to do."""
    start = "双击“安装.bat”" if target.windows else "打开终端，输入 sh，空一格，把“安装.sh”拖进终端，按回车"
    end = "双击“卸载.bat”" if target.windows else "同样运行“卸载.sh”"
    where = r"%LOCALAPPDATA%\xl_kpi" if target.windows else "~/.local/share/xl_kpi"
    lines = [
        f"绩效考核工作簿 xl_kpi {version}　离线安装包",
        "",
        "一、这是什么",
        "　　考核办用的工具：生成下发给各单位的考核工作簿，核对收回的工作簿，指出哪张表、哪个单元格、",
        "什么问题、怎么改。填报的单位不用安装任何东西。",
        "　　安装时不用上网，不用管理员权限，只装在你自己的账户里。",
        "",
        "二、哪些电脑能用",
        f"　　{target.serves}。",
        f"　　电脑里要有 64 位的 Python {pythons[0]} 至 {pythons[-1]} 之一，没有的见下面第五条。",
        "　　32 位的系统、Windows 7、龙芯处理器的电脑装不了；这些电脑仍然可以用 Excel 或 WPS 填报工作簿。",
        "",
        "三、怎样安装",
        "　　1. 把整个文件夹复制到电脑上。是压缩包的，要先全部解压，不要在压缩包里双击。",
        f"　　2. {start}，等一两分钟。",
        "　　3. 桌面上出现“绩效考核面板”，双击打开。",
    ]
    if target.windows:
        lines += [
            "　　4. 安装的最后会问要不要把加载项装进 Excel：用 Excel、单位又允许宏的，输入 y；用 WPS 的，输入 n。",
            "　　　 以后想装，也可以再运行一次安装。",
        ]
    lines += [
        "",
        "四、怎样更新、卸载",
        "　　更新：关闭绩效考核面板和 Excel，用新的安装包再装一次。",
        f"　　卸载：关闭绩效考核面板和 Excel，{end}。（装在 {where}，没有别的东西。）",
        "",
        "五、装不成怎么办",
        f"　　没有 Python 的：{_get_python(target, pythons)}",
        "　　提示文件不全或已损坏的：重新复制整个文件夹。",
        "　　被杀毒软件拦截的：请信息人员放行，或换一台电脑。",
        "",
    ]
    return "\n".join(lines)


def no_python(target: Target, pythons: tuple[str, ...]) -> str:
    """What is shown where there is no Python that can install it."""
    return "\n".join(
        [
            f"没有找到可以用的 Python：要 64 位的 Python {pythons[0]} 至 {pythons[-1]} 之一。",
            "",
            _get_python(target, pythons),
            "",
            "装好以后，再运行一次“安装.bat”。" if target.windows else "装好以后，再运行一次“安装.sh”。",
            "",
        ]
    )


def _get_python(target: Target, pythons: tuple[str, ...]) -> str:
    if target.windows:
        return (
            f"请信息人员从 Python 官网下载 {pythons[-2:][0]} 的 64 位安装程序拷到本机运行，"
            "不用管理员权限；安装时保留“tcl/tk”一项。微软商店里的 Python 不能用。"
        )
    return f"请信息人员安装 Python {pythons[0]} 或更新的版本，以及显示面板用的 python3-tk。"
