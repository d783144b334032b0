"""What Windows, Office and those who administer them forbid an add-in."""

from __future__ import annotations

import re
from pathlib import Path

from xl_kpi.addin.machine import AGAIN, PANEL, WITHOUT, Check, System, Words, checked


def office_setting(system: System, office: str, key: str, name: str) -> tuple[str | int | None, bool]:
    """An Office setting, and whether the organisation's policy makes it, which goes before the user's own."""
    for root in (r"Software\Policies", "Software"):
        for hive in ("HKLM", "HKCU"):
            value = system.registry(rf"{hive}\{root}\Microsoft\Office\{office}\{key}", name)
            if value is not None:
                return value, root != "Software"
    return None, False


def mark_of_the_web(path: Path, office: str, system: System) -> Check:
    name = "网络标记", "Mark of the Web"
    stream = (system.read(f"{path}:Zone.Identifier") or b"").decode("utf-8", "replace")
    zone = re.search(r"^ZoneId=(\d+)", stream, re.MULTILINE)
    if not zone or int(zone[1]) < 3:  # 3 is the internet, 4 the restricted sites
        return checked(name, True, (f"{path}：没有来自网络的标记", f"{path}: not marked"))
    zh, en = f"{path}：带有来自网络的标记，Excel 会禁用其中的宏", f"{path}: marked, so Excel blocks its macros"
    if office_setting(system, office, r"Excel\Security", "BlockContentExecutionFromInternet")[0] == 1:
        zh, en = f"{zh}，单位策略也不许例外", f"{en}, and a policy allows no exception"
    return checked(
        name, False, (zh, en), AGAIN, ("；或右键该文件→属性→解除锁定", "; or unblock it in its properties")
    )


def network_folder(real: str, office: str, system: System) -> list[Check]:
    """A start folder that lies on a server, as with redirected profiles; of another there is nothing to say.

    Excel trusts none on a network unless it is told to: it then asks about the add-in's macros, or blocks them.
    """
    if not re.match(r"\\\\(\?\\UNC\\|[^?.\\])", real):  # \\server\share, also as \\?\UNC\server\share
        return []
    name: Words = "启动文件夹的位置", "Place of the start folder"
    allowed, by_policy = office_setting(system, office, r"Excel\Security\Trusted Locations", "AllowNetworkLocations")
    says = (
        f"{real}：在网络位置上（单位把用户配置放在服务器上），Excel 默认不信任",
        f"{real}: on the network, where Excel trusts nothing unless told to",
    )
    if allowed == 1:
        return [
            checked(
                name,
                None,
                says,
                (
                    "已允许网络上的受信任位置，请确认其中有这个文件夹",
                    "network locations are allowed: see that this is one",
                ),
            )
        ]
    ask = (
        ("请信息人员在组策略中", "have your administrators ")
        if by_policy
        else ("请在 Excel 的文件→选项→信任中心→受信任位置中", "in Excel's Trust Center, Trusted Locations, ")
    )
    remedy = (
        "勾选“允许网络上的受信任位置”，并加入这个文件夹（含子文件夹）",
        "allow trusted locations on the network, and add the folder",
    )
    return [checked(name, False, says, ask, remedy, PANEL)]


_MACROS: Words = "宏", "Macros"
_SIGNED_ONLY, _NEVER = 3, 4  # of VBAWarnings; 1 is every macro, 2 (as without it) asks


def macros_check(office: str, in_xlstart: bool, system: System) -> Check:
    """Whether Excel runs the add-in's macros: it does in a trusted location, and its own start folder is one."""

    def wrong(ok: bool | None, by_policy: bool, says: Words, page: Words) -> Check:
        if by_policy:
            ask = "这是单位的策略，请信息人员允许这个加载项", "a policy says so, ask your administrators"
            return checked(_MACROS, ok, says, ask, WITHOUT)
        where = (
            "请在 Excel 里打开文件→选项→信任中心→信任中心设置→",
            "in Excel: File, Options, Trust Center, Settings, ",
        )
        return checked(_MACROS, ok, says, where, page)

    if office_setting(system, office, "Common", "VBAOff")[0] == 1:
        return wrong(False, True, ("Office 的 VBA 已被关闭", "VBA is turned off in Office"), ("", ""))
    for setting, says in _ADDINS_BLOCKED.items():
        value, by_policy = office_setting(system, office, r"Excel\Security", setting)
        if value == 1:
            return wrong(False, by_policy, says, ("加载项，取消全部勾选", "Add-ins: untick everything"))
    warnings, by_policy = office_setting(system, office, r"Excel\Security", "VBAWarnings")
    disabled, disabled_by_policy = office_setting(
        system, office, r"Excel\Security\Trusted Locations", "AllLocationsDisabled"
    )
    trusted = in_xlstart and disabled != 1
    if warnings in (_SIGNED_ONLY, _NEVER):
        zh, en = "宏设置为禁用且不通知", "macros are disabled without notification"
        if trusted:
            zh += "；启动文件夹是受信任位置，加载项一般不受影响，但如功能区没有“绩效考核”，就是这个原因"
            en += "; the start folder is trusted, but where the tab does not show, this is why"
        page = "宏设置，选“禁用 VBA 宏，并发出通知”", "Macro Settings: disable with notification"
        return wrong(None if trusted else False, by_policy, (zh, en), page)
    if not trusted and warnings != 1:
        says = (
            "加载项所在的文件夹不是受信任位置，Excel 每次启动都会询问是否启用宏，须选“启用”",
            "the add-in's folder is not trusted: Excel asks on every start whether to enable macros",
        )
        page = "受信任位置，允许或加入这个文件夹", "Trusted Locations: allow or add the folder"
        return wrong(None, disabled_by_policy, says, page)
    return checked(_MACROS, True, ("没有被禁用", "not blocked"))


_ADDINS_BLOCKED: dict[str, Words] = {
    "DisableAllAddins": ("Excel 已禁用所有加载项", "Excel has all add-ins disabled"),
    "RequireAddinSig": ("Excel 只运行有签名的加载项", "Excel takes signed add-ins only"),
}
_ASR = r"HKLM\Software\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules"
_OFFICE_CHILDREN = (
    "d4f940ab-401b-4efc-aadc-ad5f3c50688a"  # Block all Office applications from creating child processes
)


def child_processes(system: System) -> Check:
    """Whether Excel may start Python. Of what forbids it, only a group policy shows without an administrator's rights."""
    forbidden = str(system.registry(_ASR, _OFFICE_CHILDREN)) == "1"
    says = (
        "是否被安全软件或策略阻止，没有管理员权限无法查看",
        "whether an antivirus or a policy blocks it cannot be seen without an administrator's rights",
    )
    if forbidden:
        says = (
            f"单位策略禁止 Office 启动其他程序（ASR 规则 {_OFFICE_CHILDREN}），按钮不能工作",
            f"a policy forbids it (ASR rule {_OFFICE_CHILDREN}): the buttons cannot work",
        )
    remedy = (
        "点按钮后如提示没能启动 Python，请看 Windows 安全中心→病毒和威胁防护→保护历史记录，以及 360、火绒等的拦截记录，"
        "请信息人员允许 Excel 启动登记的 Python",
        "if a button says that Python was not started, look into Windows Security, Protection history, and your "
        "antivirus' log, and have Excel allowed to start the Python registered",
    )
    return checked(
        ("由 Excel 启动 Python", "Excel starting Python"), False if forbidden else None, says, remedy, WITHOUT, PANEL
    )
