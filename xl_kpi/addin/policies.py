"""What Windows, Office and those who administer them forbid an add-in."""

from __future__ import annotations

import re
from pathlib import Path

from xl_kpi.addin.machine import AGAIN, PANEL, WITHOUT, Check, System, checked
from xl_kpi.words import Said, said


def office_setting(system: System, office: str, key: str, name: str) -> tuple[str | int | None, bool]:
    """An Office setting, and whether the organisation's policy makes it, which goes before the user's own."""
    for root in (r"Software\Policies", "Software"):
        for hive in ("HKLM", "HKCU"):
            value = system.registry(rf"{hive}\{root}\Microsoft\Office\{office}\{key}", name)
            if value is not None:
                return value, root != "Software"
    return None, False


def mark_of_the_web(path: Path, office: str, system: System) -> Check:
    name = said("addin.mark-web")
    stream = (system.read(f"{path}:Zone.Identifier") or b"").decode("utf-8", "replace")
    zone = re.search(r"^ZoneId=(\d+)", stream, re.MULTILINE)
    if not zone or int(zone[1]) < 3:  # 3 is the internet, 4 the restricted sites
        return checked(name, True, said("addin.not-marked", path=str(path)))
    marked = said("addin.marked", path=str(path))
    if office_setting(system, office, r"Excel\Security", "BlockContentExecutionFromInternet")[0] == 1:
        marked = said("addin.marked-for-good", marked=marked)
    return checked(name, False, marked, AGAIN, said("addin.unblock-properties"))


def network_folder(real: str, office: str, system: System) -> list[Check]:
    """A start folder that lies on a server, as with redirected profiles; of another there is nothing to say.

    Excel trusts none on a network unless it is told to: it then asks about the add-in's macros, or blocks them.
    """
    if not re.match(r"\\\\(\?\\UNC\\|[^?.\\])", real):  # \\server\share, also as \\?\UNC\server\share
        return []
    name: Said = said("addin.place-start-folder")
    allowed, by_policy = office_setting(system, office, r"Excel\Security\Trusted Locations", "AllowNetworkLocations")
    says = said("addin.network-where-excel-trusts", real=real)
    if allowed == 1:
        return [
            checked(
                name,
                None,
                says,
                said("addin.network-locations-allowed-see"),
            )
        ]
    ask = said("addin.have-your-administrators") if by_policy else said("addin.excel-s-trust-center")
    remedy = said("addin.allow-trusted-locations-network")
    return [checked(name, False, says, ask, remedy, PANEL)]


_MACROS: Said = said("addin.macros")
_SIGNED_ONLY, _NEVER = 3, 4  # of VBAWarnings; 1 is every macro, 2 (as without it) asks


def macros_check(office: str, in_xlstart: bool, system: System) -> Check:
    """Whether Excel runs the add-in's macros: it does in a trusted location, and its own start folder is one."""

    def wrong(ok: bool | None, by_policy: bool, says: Said, page: Said | None) -> Check:
        if by_policy or page is None:
            ask = said("addin.policy-says-so-ask")
            return checked(_MACROS, ok, says, ask, WITHOUT)
        where = said("addin.excel-file-options-trust")
        return checked(_MACROS, ok, says, where, page)

    if office_setting(system, office, "Common", "VBAOff")[0] == 1:
        return wrong(False, True, said("addin.vba-turned-off-office"), None)
    for setting, says in _ADDINS_BLOCKED.items():
        value, by_policy = office_setting(system, office, r"Excel\Security", setting)
        if value == 1:
            return wrong(False, by_policy, says, said("addin.add-ins-untick-everything"))
    warnings, by_policy = office_setting(system, office, r"Excel\Security", "VBAWarnings")
    disabled, disabled_by_policy = office_setting(
        system, office, r"Excel\Security\Trusted Locations", "AllLocationsDisabled"
    )
    trusted = in_xlstart and disabled != 1
    if warnings in (_SIGNED_ONLY, _NEVER):
        disabled_macros = said("addin.macros-disabled-but-trusted" if trusted else "addin.macros-disabled")
        page = said("addin.macro-settings-disable-notification")
        return wrong(None if trusted else False, by_policy, disabled_macros, page)
    if not trusted and warnings != 1:
        says = said("addin.add-s-folder-not")
        page = said("addin.trusted-locations-allow-add")
        return wrong(None, disabled_by_policy, says, page)
    return checked(_MACROS, True, said("addin.not-blocked"))


_ADDINS_BLOCKED: dict[str, Said] = {
    "DisableAllAddins": said("addin.excel-has-all-add"),
    "RequireAddinSig": said("addin.excel-takes-signed-add"),
}
_ASR = r"HKLM\Software\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules"
_OFFICE_CHILDREN = (
    "d4f940ab-401b-4efc-aadc-ad5f3c50688a"  # Block all Office applications from creating child processes
)


def child_processes(system: System) -> Check:
    """Whether Excel may start Python. Of what forbids it, only a group policy shows without an administrator's rights."""
    forbidden = str(system.registry(_ASR, _OFFICE_CHILDREN)) == "1"
    says = said("addin.whether-antivirus-policy-blocks")
    if forbidden:
        says = said("addin.policy-forbids-asr-rule", office_children=_OFFICE_CHILDREN)
    remedy = said("addin.if-button-says-python")
    return checked(said("addin.excel-starting-python"), False if forbidden else None, says, remedy, WITHOUT, PANEL)
