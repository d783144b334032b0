"""What ECMA-376 lets stand in the parts we write: children in their order, attributes and their values.

From part 1 (SpreadsheetML 18, DrawingML 20 and 21) and part 2 (packaging), the Transitional schemas. Only elements that
the workbooks use have an entry; an element without one is refused by name, so that something new in a workbook is looked
up before it is shipped. Excel repairs or refuses a part whose children are out of order.

An entry is `(children, attributes)`. Children stand in the order given, each at most once, or any number of times with
*; a leading | means any order. An attribute is `name=type`, where type is a word of TYPES or an enumeration a|b|c. In
both, ! marks what must be there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from xml.etree import ElementTree

TYPES = {
    "str": r"(?s).*",
    "bool": r"0|1|true|false",
    "uint": r"\d+",
    "int": r"-?\d+",
    "num": r"-?\d+(\.\d+)?([eE][-+]?\d+)?",
    "argb": r"[0-9A-F]{8}",
    "rgb": r"[0-9A-F]{6}",
    "ref": r"[A-Z]{1,3}\d+(:[A-Z]{1,3}\d+)?",
    "refs": r"[A-Z]{1,3}\d+(:[A-Z]{1,3}\d+)?( [A-Z]{1,3}\d+(:[A-Z]{1,3}\d+)?)*",
    "rid": r"rId\d+",
}

NAMESPACES = {
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "",
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r",
    "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing": "xdr",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://schemas.openxmlformats.org/drawingml/2006/chart": "c",
    "http://schemas.openxmlformats.org/package/2006/relationships": "rel",
    "http://schemas.openxmlformats.org/package/2006/content-types": "ct",
    "http://schemas.openxmlformats.org/package/2006/metadata/core-properties": "cp",
    "http://schemas.openxmlformats.org/officeDocument/2006/extended-properties": "ep",
    "http://purl.org/dc/elements/1.1/": "dc",
    "http://purl.org/dc/terms/": "dcterms",
    "http://www.w3.org/2001/XMLSchema-instance": "xsi",
    "http://www.w3.org/XML/1998/namespace": "xml",
}

_COLOR = ("", "auto=bool indexed=uint rgb=argb theme=uint tint=num")
_TEXT = ("", "xml:space=preserve|default")

WORKSHEET = {
    "worksheet": (
        "sheetPr dimension sheetViews sheetFormatPr cols* sheetData! sheetCalcPr sheetProtection protectedRanges "
        "scenarios autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr conditionalFormatting* "
        "dataValidations hyperlinks printOptions pageMargins pageSetup headerFooter rowBreaks colBreaks "
        "customProperties cellWatches ignoredErrors smartTags drawing legacyDrawing legacyDrawingHF drawingHF picture "
        "oleObjects controls webPublishItems tableParts extLst",
        "",
    ),
    "sheetPr": (
        "tabColor outlinePr pageSetUpPr",
        "syncHorizontal=bool syncVertical=bool syncRef=ref transitionEvaluation=bool transitionEntry=bool "
        "published=bool codeName=str filterMode=bool enableFormatConditionsCalculation=bool",
    ),
    "tabColor": _COLOR,
    "outlinePr": ("", "applyStyles=bool summaryBelow=bool summaryRight=bool showOutlineSymbols=bool"),
    "pageSetUpPr": ("", "autoPageBreaks=bool fitToPage=bool"),
    "dimension": ("", "ref=ref!"),
    "sheetViews": ("sheetView*", ""),
    "sheetView": (
        "pane selection* pivotSelection* extLst",
        "windowProtection=bool showFormulas=bool showGridLines=bool showRowColHeaders=bool showZeros=bool "
        "rightToLeft=bool tabSelected=bool showRuler=bool showOutlineSymbols=bool defaultGridColor=bool "
        "showWhiteSpace=bool view=normal|pageBreakPreview|pageLayout topLeftCell=ref colorId=uint zoomScale=uint "
        "zoomScaleNormal=uint zoomScaleSheetLayoutView=uint zoomScalePageLayoutView=uint workbookViewId=uint!",
    ),
    "pane": (
        "",
        "xSplit=num ySplit=num topLeftCell=ref activePane=bottomRight|topRight|bottomLeft|topLeft "
        "state=split|frozen|frozenSplit",
    ),
    "selection": (
        "",
        "pane=bottomRight|topRight|bottomLeft|topLeft activeCell=ref activeCellId=uint sqref=refs",
    ),
    "sheetFormatPr": (
        "",
        "baseColWidth=uint defaultColWidth=num defaultRowHeight=num! customHeight=bool zeroHeight=bool thickTop=bool "
        "thickBottom=bool outlineLevelRow=uint outlineLevelCol=uint",
    ),
    "cols": ("col*", ""),
    "col": (
        "",
        "min=uint! max=uint! width=num style=uint hidden=bool bestFit=bool customWidth=bool phonetic=bool "
        "outlineLevel=uint collapsed=bool",
    ),
    "sheetData": ("row*", ""),
    "rowBreaks": ("brk*", "count=uint manualBreakCount=uint"),
    "brk": ("", "id=uint min=uint max=uint man=bool pt=bool"),
    "row": (
        "c* extLst",
        "r=uint spans=str s=uint customFormat=bool ht=num hidden=bool customHeight=bool outlineLevel=uint "
        "collapsed=bool thickTop=bool thickBot=bool ph=bool",
    ),
    "c": ("f v is extLst", "r=ref s=uint t=b|n|e|s|str|inlineStr|d cm=uint vm=uint ph=bool"),
    "f": (
        "",
        "t=normal|array|dataTable|shared aca=bool ref=ref dt2D=bool dtr=bool del1=bool del2=bool r1=ref r2=ref ca=bool "
        "si=uint bx=bool xml:space=preserve",
    ),
    "v": _TEXT,
    "is": ("t r* rPh* phoneticPr", ""),
    "t": _TEXT,
    "sheetProtection": (
        "",
        "algorithmName=str hashValue=str saltValue=str spinCount=uint password=str sheet=bool objects=bool "
        "scenarios=bool formatCells=bool formatColumns=bool formatRows=bool insertColumns=bool insertRows=bool "
        "insertHyperlinks=bool deleteColumns=bool deleteRows=bool selectLockedCells=bool sort=bool autoFilter=bool "
        "pivotTables=bool selectUnlockedCells=bool",
    ),
    "autoFilter": ("filterColumn* sortState extLst", "ref=ref"),
    "mergeCells": ("mergeCell*", "count=uint"),
    "mergeCell": ("", "ref=ref!"),
    "conditionalFormatting": ("cfRule* extLst", "pivot=bool sqref=refs!"),
    "cfRule": (
        "formula* colorScale dataBar iconSet extLst",
        "type=expression|cellIs! dxfId=uint priority=int! stopIfTrue=bool aboveAverage=bool percent=bool bottom=bool "
        "operator=str text=str timePeriod=str rank=uint stdDev=int equalAverage=bool",
    ),
    "formula": _TEXT,
    "dataValidations": (
        "dataValidation*",
        "disablePrompts=bool xWindow=uint yWindow=uint count=uint",
    ),
    "dataValidation": (
        "formula1 formula2",
        "type=none|whole|decimal|list|date|time|textLength|custom errorStyle=stop|warning|information imeMode=str "
        "operator=between|notBetween|equal|notEqual|lessThan|lessThanOrEqual|greaterThan|greaterThanOrEqual "
        "allowBlank=bool showDropDown=bool showInputMessage=bool showErrorMessage=bool errorTitle=str error=str "
        "promptTitle=str prompt=str sqref=refs!",
    ),
    "formula1": _TEXT,
    "formula2": _TEXT,
    "hyperlinks": ("hyperlink*", ""),
    "hyperlink": ("", "ref=ref! r:id=rid location=str tooltip=str display=str"),
    "printOptions": (
        "",
        "horizontalCentered=bool verticalCentered=bool headings=bool gridLines=bool gridLinesSet=bool",
    ),
    "pageMargins": ("", "left=num! right=num! top=num! bottom=num! header=num! footer=num!"),
    "pageSetup": (
        "",
        "paperSize=uint scale=uint firstPageNumber=uint fitToWidth=uint fitToHeight=uint "
        "pageOrder=downThenOver|overThenDown orientation=default|portrait|landscape usePrinterDefaults=bool "
        "blackAndWhite=bool draft=bool cellComments=str useFirstPageNumber=bool errors=str horizontalDpi=uint "
        "verticalDpi=uint copies=uint r:id=rid",
    ),
    "headerFooter": (
        "oddHeader oddFooter evenHeader evenFooter firstHeader firstFooter",
        "differentOddEven=bool differentFirst=bool scaleWithDoc=bool alignWithMargins=bool",
    ),
    **dict.fromkeys(("oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"), _TEXT),
    "ignoredErrors": ("ignoredError* extLst", ""),
    "ignoredError": (
        "",
        "sqref=refs! evalError=bool twoDigitTextYear=bool numberStoredAsText=bool formula=bool formulaRange=bool "
        "unlockedFormula=bool emptyCellReference=bool listDataValidation=bool calculatedColumn=bool",
    ),
    "drawing": ("", "r:id=rid!"),
}

STRINGS = {
    "sst": ("si* extLst", "count=uint uniqueCount=uint"),
    "si": ("t r* rPh* phoneticPr", ""),
    "t": _TEXT,
}

WORKBOOK = {
    "workbook": (
        "fileVersion fileSharing workbookPr workbookProtection bookViews sheets! functionGroups externalReferences "
        "definedNames calcPr oleSize customWorkbookViews pivotCaches smartTagPr smartTagTypes webPublishing* "
        "fileRecoveryPr* webPublishObjects extLst",
        "",
    ),
    "workbookPr": (
        "",
        "date1904=bool showObjects=all|placeholders|none showBorderUnselectedObjects=bool filterPrivacy=bool "
        "promptedSolutions=bool showInkAnnotation=bool backupFile=bool saveExternalLinkValues=bool updateLinks=str "
        "codeName=str hidePivotFieldList=bool showPivotChartFilter=bool allowRefreshQuery=bool publishItems=bool "
        "checkCompatibility=bool autoCompressPictures=bool refreshAllConnections=bool defaultThemeVersion=uint",
    ),
    "workbookProtection": ("", "workbookPassword=str lockStructure=bool lockWindows=bool lockRevision=bool"),
    "bookViews": ("workbookView*", ""),
    "workbookView": (
        "",
        "visibility=visible|hidden|veryHidden minimized=bool showHorizontalScroll=bool showVerticalScroll=bool "
        "showSheetTabs=bool xWindow=int yWindow=int windowWidth=uint windowHeight=uint tabRatio=uint firstSheet=uint "
        "activeTab=uint autoFilterDateGrouping=bool",
    ),
    "sheets": ("sheet*", ""),
    "sheet": ("", "name=str! sheetId=uint! state=visible|hidden|veryHidden r:id=rid!"),
    "definedNames": ("definedName*", ""),
    "definedName": (
        "",
        "name=str! comment=str customMenu=str description=str help=str statusBar=str localSheetId=uint hidden=bool "
        "function=bool vbProcedure=bool xlm=bool functionGroupId=uint shortcutKey=str publishToServer=bool "
        "workbookParameter=bool xml:space=preserve",
    ),
    "calcPr": (
        "",
        "calcId=uint calcMode=manual|auto|autoNoTable fullCalcOnLoad=bool refMode=A1|R1C1 iterate=bool "
        "iterateCount=uint iterateDelta=num fullPrecision=bool calcCompleted=bool calcOnSave=bool concurrentCalc=bool "
        "concurrentManualCount=uint forceFullCalc=bool",
    ),
}

_BORDER_SIDE = (
    "color",
    "style=none|thin|medium|dashed|dotted|thick|double|hair|mediumDashed|dashDot|mediumDashDot|dashDotDot|"
    "mediumDashDotDot|slantDashDot",
)
_FLAG = ("", "val=bool")

STYLES = {
    "styleSheet": (
        "numFmts fonts fills borders cellStyleXfs cellXfs cellStyles dxfs tableStyles colors extLst",
        "",
    ),
    "numFmts": ("numFmt*", "count=uint"),
    "numFmt": ("", "numFmtId=uint! formatCode=str!"),
    "fonts": ("font*", "count=uint"),
    # The standard lets these stand in any order; Microsoft's own schema, that of the first edition, does not.
    "font": ("b i strike condense extend outline shadow u vertAlign sz color name family charset scheme", ""),
    **dict.fromkeys(("b", "i", "strike", "outline", "shadow"), _FLAG),
    "u": ("", "val=single|double|singleAccounting|doubleAccounting|none"),
    "sz": ("", "val=num!"),
    "color": _COLOR,
    "family": ("", "val=uint!"),
    "charset": ("", "val=uint!"),
    "name": ("", "val=str!"),
    "scheme": ("", "val=none|major|minor!"),
    "fills": ("fill*", "count=uint"),
    "fill": ("patternFill gradientFill", ""),
    "patternFill": ("fgColor bgColor", "patternType=none|solid|gray125"),
    "fgColor": _COLOR,
    "bgColor": _COLOR,
    "borders": ("border*", "count=uint"),
    "border": (
        "start end left right top bottom diagonal vertical horizontal",
        "diagonalUp=bool diagonalDown=bool outline=bool",
    ),
    **dict.fromkeys(("left", "right", "top", "bottom", "diagonal"), _BORDER_SIDE),
    "cellStyleXfs": ("xf*", "count=uint"),
    "cellXfs": ("xf*", "count=uint"),
    "xf": (
        "alignment protection extLst",
        "numFmtId=uint fontId=uint fillId=uint borderId=uint xfId=uint quotePrefix=bool pivotButton=bool "
        "applyNumberFormat=bool applyFont=bool applyFill=bool applyBorder=bool applyAlignment=bool "
        "applyProtection=bool",
    ),
    "alignment": (
        "",
        "horizontal=general|left|center|right|fill|justify|centerContinuous|distributed "
        "vertical=top|center|bottom|justify|distributed textRotation=uint wrapText=bool indent=uint "
        "relativeIndent=int justifyLastLine=bool shrinkToFit=bool readingOrder=uint",
    ),
    "protection": ("", "locked=bool hidden=bool"),
    "cellStyles": ("cellStyle* extLst", "count=uint"),
    "cellStyle": ("extLst", "name=str xfId=uint! builtinId=uint iLevel=uint hidden=bool customBuiltin=bool"),
    "dxfs": ("dxf*", "count=uint"),
    "dxf": ("font numFmt fill alignment border protection extLst", ""),
    "tableStyles": ("tableStyle*", "count=uint defaultTableStyle=str defaultPivotStyle=str"),
    "colors": ("indexedColors mruColors", ""),
    "indexedColors": ("rgbColor*", ""),
    "rgbColor": ("", "rgb=argb"),
}

_VALUE = ("", "val=str!")
_UINT = ("", "val=uint!")
_AXIS_HEAD = "axId! scaling! delete axPos! majorGridlines minorGridlines title numFmt majorTickMark minorTickMark "
_AXIS_FOOT = "tickLblPos spPr txPr crossAx! crosses crossesAt "
_MARK = ("", "val=cross|in|none|out")

CHART = {
    "c:chartSpace": (
        "c:date1904 c:lang c:roundedCorners c:style c:clrMapOvr c:protection c:chart! c:spPr c:txPr c:externalData "
        "c:printSettings c:userShapes c:extLst",
        "",
    ),
    "c:chart": (
        "c:title c:autoTitleDeleted c:pivotFmts c:view3D c:floor c:sideWall c:backWall c:plotArea! c:legend "
        "c:plotVisOnly c:dispBlanksAs c:extLst",
        "",
    ),
    "c:title": ("c:tx c:layout c:overlay c:spPr c:txPr", ""),
    "c:tx": ("c:strRef c:rich c:v", ""),
    "c:rich": ("a:bodyPr! a:lstStyle a:p*", ""),
    "a:lstStyle": ("", ""),
    "a:bodyPr": ("", "rot=int vert=str anchor=str wrap=none|square"),
    "a:p": ("a:pPr a:r* a:endParaRPr", ""),
    "a:pPr": ("a:defRPr", "algn=l|ctr|r lvl=uint"),
    "a:defRPr": ("a:ln a:solidFill a:latin a:ea a:cs", "sz=uint b=bool i=bool lang=str"),
    "a:rPr": ("a:ln a:solidFill a:latin a:ea a:cs", "sz=uint b=bool i=bool lang=str"),
    "a:r": ("a:rPr a:t!", ""),
    "a:t": ("", ""),
    "c:overlay": _FLAG,
    "c:autoTitleDeleted": _FLAG,
    "c:roundedCorners": _FLAG,
    "c:plotArea": ("c:layout c:barChart* c:catAx* c:valAx* c:dTable c:spPr", ""),
    "c:layout": ("", ""),
    "c:barChart": (
        "c:barDir! c:grouping c:varyColors c:ser* c:dLbls c:gapWidth c:overlap c:serLines* c:axId* c:extLst",
        "",
    ),
    "c:barDir": ("", "val=bar|col"),
    "c:grouping": ("", "val=percentStacked|clustered|standard|stacked"),
    "c:varyColors": _FLAG,
    "c:ser": (
        "c:idx! c:order! c:tx c:spPr c:invertIfNegative c:pictureOptions c:dPt* c:dLbls c:trendline* c:errBars c:cat "
        "c:val c:shape c:extLst",
        "",
    ),
    "c:idx": _UINT,
    "c:order": _UINT,
    "c:invertIfNegative": _FLAG,
    "c:spPr": ("a:xfrm a:noFill a:solidFill a:gradFill a:ln", "bwMode=str"),
    "a:solidFill": ("a:srgbClr", ""),
    "a:srgbClr": ("", "val=rgb!"),
    "a:ln": ("a:noFill a:solidFill a:prstDash", "w=uint cap=rnd|sq|flat cmpd=str algn=ctr|in"),
    "a:prstDash": ("", "val=solid|dot|dash|lgDash|dashDot|sysDash|sysDot"),
    "c:strRef": ("c:f! c:strCache", ""),
    "c:numRef": ("c:f! c:numCache", ""),
    "c:f": ("", ""),
    "c:strCache": ("c:ptCount c:pt*", ""),
    "c:numCache": ("c:formatCode c:ptCount c:pt*", ""),
    "c:ptCount": _UINT,
    "c:pt": ("c:v", "idx=uint! formatCode=str"),
    "c:v": ("", ""),
    "c:formatCode": ("", ""),
    "c:cat": ("c:numRef c:strRef", ""),
    "c:val": ("c:numRef", ""),
    "c:gapWidth": _UINT,
    "c:overlap": ("", "val=int!"),
    "c:axId": _UINT,
    "c:crossAx": _UINT,
    "c:catAx": (
        _AXIS_HEAD + _AXIS_FOOT + "auto lblAlgn lblOffset tickLblSkip tickMarkSkip noMultiLvlLbl extLst",
        "",
    ),
    "c:valAx": (_AXIS_HEAD + _AXIS_FOOT + "crossBetween majorUnit minorUnit dispUnits extLst", ""),
    "c:scaling": ("c:logBase c:orientation c:max c:min", ""),
    "c:orientation": ("", "val=minMax|maxMin"),
    "c:delete": _FLAG,
    "c:axPos": ("", "val=b|l|r|t!"),
    "c:numFmt": ("", "formatCode=str! sourceLinked=bool"),
    "c:majorTickMark": _MARK,
    "c:minorTickMark": _MARK,
    "c:tickLblPos": ("", "val=high|low|nextTo|none"),
    "c:crosses": ("", "val=autoZero|max|min!"),
    "c:crossBetween": ("", "val=between|midCat!"),
    "c:auto": _FLAG,
    "c:lblAlgn": ("", "val=ctr|l|r"),
    "c:lblOffset": _VALUE,
    "c:noMultiLvlLbl": _FLAG,
    "c:legend": ("c:legendPos c:legendEntry* c:layout c:overlay c:spPr c:txPr", ""),
    "c:legendPos": ("", "val=b|tr|l|r|t"),
    "c:plotVisOnly": _FLAG,
    "c:dispBlanksAs": ("", "val=span|gap|zero"),
}
CHART = {
    name: (" ".join(re.sub(r"^(?=\w+[*!]?$)", "c:", child) for child in children.split()), attributes)
    for name, (children, attributes) in CHART.items()
}

DRAWING = {
    "xdr:wsDr": ("xdr:twoCellAnchor* xdr:oneCellAnchor* xdr:absoluteAnchor*", ""),
    "xdr:oneCellAnchor": ("xdr:from! xdr:ext! xdr:graphicFrame! xdr:clientData!", ""),
    "xdr:from": ("xdr:col! xdr:colOff! xdr:row! xdr:rowOff!", ""),
    **dict.fromkeys(("xdr:col", "xdr:colOff", "xdr:row", "xdr:rowOff"), ("", "")),
    "xdr:ext": ("", "cx=uint! cy=uint!"),
    "xdr:graphicFrame": ("xdr:nvGraphicFramePr! xdr:xfrm! a:graphic!", "macro=str fPublished=bool"),
    "xdr:nvGraphicFramePr": ("xdr:cNvPr! xdr:cNvGraphicFramePr!", ""),
    "xdr:cNvPr": ("", "id=uint! name=str! descr=str hidden=bool title=str"),
    "xdr:cNvGraphicFramePr": ("", ""),
    "a:off": ("", "x=int! y=int!"),
    "a:ext": ("", "cx=uint! cy=uint!"),
    "xdr:xfrm": ("a:off a:ext", "rot=int flipH=bool flipV=bool"),
    "a:graphic": ("a:graphicData!", ""),
    "a:graphicData": ("c:chart", "uri=http://schemas.openxmlformats.org/drawingml/2006/chart!"),
    "c:chart": ("", "r:id=rid!"),
    "xdr:clientData": ("", "fLocksWithSheet=bool fPrintsWithSheet=bool"),
}

RELATIONSHIPS = {
    "rel:Relationships": ("rel:Relationship*", ""),
    "rel:Relationship": ("", "Id=rid! Type=str! Target=str! TargetMode=Internal"),
}
CONTENT_TYPES = {
    "ct:Types": ("|ct:Default* ct:Override*", ""),
    "ct:Default": ("", "Extension=str! ContentType=str!"),
    "ct:Override": ("", "PartName=str! ContentType=str!"),
}
CORE = {
    "cp:coreProperties": ("|dc:creator dc:title dcterms:created dcterms:modified cp:lastModifiedBy", ""),
    **dict.fromkeys(("dc:creator", "dc:title", "cp:lastModifiedBy"), ("", "")),
    **dict.fromkeys(("dcterms:created", "dcterms:modified"), ("", "xsi:type=dcterms:W3CDTF!")),
}
APP = {
    "ep:Properties": ("|ep:Application ep:AppVersion ep:Company ep:DocSecurity", ""),
    **dict.fromkeys(("ep:Application", "ep:AppVersion", "ep:Company", "ep:DocSecurity"), ("", "")),
}

GRAMMARS = {
    r"xl/worksheets/sheet\d+\.xml": WORKSHEET,
    r"xl/workbook\.xml": WORKBOOK,
    r"xl/styles\.xml": STYLES,
    r"xl/sharedStrings\.xml": STRINGS,
    r"xl/charts/chart\d+\.xml": CHART,
    r"xl/drawings/drawing\d+\.xml": DRAWING,
    r"(.*/)?_rels/[^/]*\.rels": RELATIONSHIPS,
    r"\[Content_Types\]\.xml": CONTENT_TYPES,
    r"docProps/core\.xml": CORE,
    r"docProps/app\.xml": APP,
}

# Part 2, 10.1.2.2: what each part must declare itself to be.
_OFFICE = "application/vnd.openxmlformats-officedocument."
CONTENT_TYPE = {
    r"xl/workbook\.xml": f"{_OFFICE}spreadsheetml.sheet.main+xml",
    r"xl/worksheets/sheet\d+\.xml": f"{_OFFICE}spreadsheetml.worksheet+xml",
    r"xl/styles\.xml": f"{_OFFICE}spreadsheetml.styles+xml",
    r"xl/sharedStrings\.xml": f"{_OFFICE}spreadsheetml.sharedStrings+xml",
    r"xl/theme/theme\d+\.xml": f"{_OFFICE}theme+xml",
    r"xl/drawings/drawing\d+\.xml": f"{_OFFICE}drawing+xml",
    r"xl/charts/chart\d+\.xml": f"{_OFFICE}drawingml.chart+xml",
    r"docProps/app\.xml": f"{_OFFICE}extended-properties+xml",
    r"docProps/core\.xml": "application/vnd.openxmlformats-package.core-properties+xml",
    r"(.*/)?_rels/[^/]*\.rels": "application/vnd.openxmlformats-package.relationships+xml",
}


def looked_up(table: dict[str, object], part: str) -> object:
    """The entry of a table by part name. None for a part nobody has described."""
    return next((entry for pattern, entry in table.items() if re.fullmatch(pattern, part)), None)


@dataclass(frozen=True)
class _Attribute:
    pattern: re.Pattern[str]
    required: bool


@cache
def _attributes(spec: str) -> dict[str, _Attribute]:
    found = {}
    for item in spec.split():
        name, _, kind = item.partition("=")
        required = kind.endswith("!")
        kind = kind.rstrip("!")
        pattern = TYPES.get(kind) or "|".join(re.escape(word) for word in kind.split("|"))
        found[name] = _Attribute(re.compile(pattern), required)
    return found


def named(tag: str) -> str:
    """A tag or attribute with the prefix its namespace goes by here."""
    namespace, _, local = tag.rpartition("}")
    if not namespace:
        return local
    prefix = NAMESPACES[namespace.lstrip("{")]
    return f"{prefix}:{local}" if prefix else local


def breaches(root: ElementTree.Element, grammar: dict[str, tuple[str, str]]) -> Iterator[str]:
    """Whatever in a part the grammar does not allow, in words."""
    for element in root.iter():
        name = named(element.tag)
        entry = grammar.get(name)
        if entry is None:
            yield f"<{name}> is not described"
            continue
        children, attributes = entry
        yield from _attribute_breaches(name, element, _attributes(attributes))
        yield from _child_breaches(name, [named(child.tag) for child in element], children)


def _attribute_breaches(name: str, element: ElementTree.Element, allowed: dict[str, _Attribute]) -> Iterator[str]:
    for tag, value in element.attrib.items():
        attribute = named(tag)
        if attribute not in allowed:
            yield f"<{name}> has an unknown attribute {attribute}"
        elif not allowed[attribute].pattern.fullmatch(value):
            yield f"<{name} {attribute}={value!r}> is not of its type"
    have = {named(tag) for tag in element.attrib}
    yield from (f"<{name}> lacks {a}" for a, spec in allowed.items() if spec.required and a not in have)


def _child_breaches(name: str, found: list[str], spec: str) -> Iterator[str]:
    order = spec.removeprefix("|").split()
    ranks = {child.rstrip("*!"): rank for rank, child in enumerate(order)}
    repeated = {child.rstrip("*") for child in order if child.endswith("*")}
    reached = 0
    for position, child in enumerate(found):
        if child not in ranks:
            yield f"<{name}> may not hold <{child}>"
            continue
        if child not in repeated and child in found[:position]:
            yield f"<{name}> holds <{child}> twice"
        if not spec.startswith("|") and ranks[child] < reached:
            yield f"<{child}> stands too late in <{name}>"
        reached = max(reached, ranks[child])
    yield from (
        f"<{name}> lacks <{child[:-1]}>" for child in order if child.endswith("!") and child[:-1] not in found
    )
