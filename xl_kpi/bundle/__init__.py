"""Folders from which xl_kpi is installed on a PC without internet: a tool for who publishes it, run from a checkout.

python -m xl_kpi.bundle --out dist                            every kind of PC
python -m xl_kpi.bundle windows-x64 --python C:\\Python312 --out dist    with a whole Python inside, to unzip and run
"""
