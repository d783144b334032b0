"""The fingerprints that the templates of layout 4 had before they rested on the scheme as written, by those they have now.

A workbook with the former one is the same workbook in every other cell. The table holds the schemes shipped, year by year
until 2026; whatever changes a scheme or the layout gives another fingerprint, to which none of these belongs.
"""

from __future__ import annotations

FORMER: dict[str, str] = {
    # cdc-emergency, version 2, 省, from 2023 on
    "d22b68c08028fd6e": "e26ce7badd95660d",
    "881ecdfd123ac7be": "e3d773e0ce22af40",
    "8810d7fd45e48d85": "722bb5da03ee2bb4",
    "e9be989e8deb2140": "bd8fd8e82772e80c",
    # cdc-emergency, version 2, 市, from 2023 on
    "c353ad8b69f66ef3": "42e12b8107375e35",
    "918b18c979e12756": "1bc8a08f58b6cbad",
    "7c7ff5c6a3c1ae75": "e48d24bc78f5069f",
    "02810d097b47879c": "6b18f65382add4a8",
    # cdc-emergency, version 2, 县, from 2023 on
    "0d90476b31e37674": "da1a27c4f99ba7f6",
    "f2b5ea4846a0dfc5": "16d5243fc7ea56bb",
    "8f9b47c103683b59": "80757db23e5162a0",
    "e44e8ab232197bec": "053a88d9612f6860",
    # zaozhuang-blood-2022, version 2, from 2022 on
    "d02736026c5539af": "271640948e7bd29d",
    "c84d7bf6bf7018ab": "5811e8134c483947",
    "a661163aa0fe5b74": "7f60c5e85d06bd61",
    "9c8aeb0ea9cfa5bb": "5d662f1c7b8d2e2b",
    "72dd0e57437ac0cc": "07dd98e3e8b50d66",
    # zaozhuang-cdc-2022, version 2, from 2022 on
    "41ced72d3fbf6b98": "f68417ed2483879d",
    "bc9dae977df99039": "8fc4e848beae4e50",
    "d204e67bf9a9276e": "fc20b3d112b56d25",
    "cd9c8bc8ff183cc6": "a58f333933121652",
    "a69a65c71691cb10": "64d31a1f15bd95d4",
    # zaozhuang-hospital-2022, version 2, from 2022 on
    "aada0f9eb909e969": "36d6185d15507a66",
    "5c22331c8b0964b8": "ea87114978a67a0d",
    "ae53bbf1a2580336": "a67979f2f29b4b8f",
    "90c85fad63da936a": "5b14847714ec4296",
    "5beaa4c58ef0c7fe": "11bc651d2e470e5a",
    # zhangping-health-2019, version 2, from 2019 on
    "87b92ebd9d07a66e": "1798e5a362d01fce",
    "f232a70dafdf0436": "133ba5ec7b1756c8",
    "21019bff04310be7": "dda026b0f96a1e80",
    "b34e4a412a4ce5a4": "c947a312b0936fbf",
    "eca5ffa943693e51": "1c5c4c78815aca13",
    "74d5644f88f1cfa5": "0bce9cdcbfc01b5e",
    "388273dbbe784142": "25ae84c9a0c03dae",
    "b371ff35efb0c0c8": "892fc086bc8682a7",
}
