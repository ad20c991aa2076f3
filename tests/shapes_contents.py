"""Shapes of contents: what Excel, its add-ins and its relatives put into a workbook beside cells."""

from __future__ import annotations

from shapes import (
    MACRO_BOOK,
    MAIN,
    MC,
    MICROSOFT,
    OFFICE,
    SHEET,
    SML,
    STYLES,
    TYPES,
    WORKBOOK,
    X14,
    X15,
    Parts,
    Shape,
    attach,
    by_ending,
    cut,
    extension,
    put,
    relate,
    swap,
)

_OPC = "http://schemas.openxmlformats.org/package/2006/relationships/metadata"
_PERSON = "{5F910F34-8627-49D0-A6A3-A429CEB43C93}"
_COMMENT = "{6EB46D22-BD1B-47C0-89B0-D6B9493AAA97}"
_RICH = f"{MICROSOFT}/spreadsheetml/2017/richdata"
_PICTURE = bytes.fromhex("89504e470d0a1a0a") + bytes(20)


def connections(parts: Parts) -> Parts:
    """connections"""
    text = (
        f'<connections xmlns="{MAIN}"><connection id="1" keepAlive="1" name="Query - Deals" type="5" refreshedVersion="6" '
        'background="1"><dbPr connection="Provider=Microsoft.Mashup.OleDb.1;Data Source=$Workbook$;Location=Deals" '
        'command="SELECT * FROM [Deals]"/></connection></connections>'
    )
    attach(parts, WORKBOOK, f"{OFFICE}/connections", "xl/connections.xml", text, f"{SML}connections+xml")
    return parts


def power_query(parts: Parts) -> Parts:
    """Power Query: a mashup in customXml, in UTF-16"""
    connections(parts)
    mashup = '<?xml version="1.0" encoding="utf-16"?><DataMashup xmlns="http://schemas.microsoft.com/DataMashup">AAAA</DataMashup>'
    parts["customXml/item1.xml"] = mashup.encode("utf-16")
    relate(parts, WORKBOOK, f"{OFFICE}/customXml", "../customXml/item1.xml")
    properties = (
        '<ds:datastoreItem ds:itemID="{3E0BA61E-0E6C-4B1B-A2F6-9B6F8A5E3B11}" xmlns:ds="http://schemas.openxmlformats.org/'
        'officeDocument/2006/customXml"><ds:schemaRefs/></ds:datastoreItem>'
    )
    kind = "application/vnd.openxmlformats-officedocument.customXmlProperties+xml"
    attach(parts, "customXml/item1.xml", f"{OFFICE}/customXmlProps", "customXml/itemProps1.xml", properties, kind)
    return parts


def query_table(parts: Parts) -> Parts:
    """a table filled by a query"""
    connections(parts)
    text = f'<queryTable xmlns="{MAIN}" name="ExternalData_1" connectionId="1" autoFormatId="16"/>'
    attach(
        parts,
        "xl/tables/table1.xml",
        f"{OFFICE}/queryTable",
        "xl/queryTables/queryTable1.xml",
        text,
        f"{SML}queryTable+xml",
    )
    return parts


def data_model(parts: Parts) -> Parts:
    """a data model"""
    text = (
        f'<connections xmlns="{MAIN}"><connection id="1" keepAlive="1" name="ThisWorkbookDataModel" description="Data Model" '
        'type="5" refreshedVersion="8" minRefreshableVersion="5" background="1"><dbPr connection="Data Model Connection" '
        'command="Model" commandType="1"/><olapPr sendLocale="1" rowDrillCount="1000"/><extLst><ext '
        f'uri="{{DE250136-89BD-433C-8126-D09CA5730AF9}}" xmlns:x15="{X15}"><x15:connection id="" model="1"/></ext></extLst>'
        "</connection></connections>"
    )
    attach(parts, WORKBOOK, f"{OFFICE}/connections", "xl/connections.xml", text, f"{SML}connections+xml")
    by_ending(parts, "data", "application/vnd.openxmlformats-officedocument.model+data")
    parts["xl/model/item.data"] = b"S\0T\0R\0" + bytes(range(256))
    relate(parts, WORKBOOK, f"{OFFICE}/powerPivotData", "model/item.data")
    extension(parts, WORKBOOK, "workbook",
              f'<ext uri="{{FCE2AD5D-F65C-4FA6-A056-5C36A1767C68}}" xmlns:x15="{X15}"><x15:dataModel><x15:modelTables>'
              '<x15:modelTable id="Prices" name="Prices" connection="ThisWorkbookDataModel"/></x15:modelTables>'
              "</x15:dataModel></ext>")  # fmt: skip
    return parts


def slicers(parts: Parts) -> Parts:
    """slicers of a table, by its id"""
    cache = (
        f'<slicerCacheDefinition xmlns="{X14}" xmlns:mc="{MC}" mc:Ignorable="x" xmlns:x="{MAIN}" name="Slicer_Column1" '
        f'sourceName="Column1"><extLst><x:ext uri="{{2F2917AC-EB37-4324-AD4E-5DD8C200BD13}}" xmlns:x15="{X15}">'
        '<x15:tableSlicerCache tableId="1" column="1"/></x:ext></extLst></slicerCacheDefinition>'
    )
    number = attach(parts, WORKBOOK, f"{MICROSOFT}/2007/relationships/slicerCache", "xl/slicerCaches/slicerCache1.xml",
                    cache, "application/vnd.ms-excel.slicerCache+xml")  # fmt: skip
    extension(parts, WORKBOOK, "workbook",
              f'<ext uri="{{46BE6895-7355-4a93-B00E-2C351335B9C9}}" xmlns:x15="{X15}"><x15:slicerCaches xmlns:x14="{X14}">'
              f'<x14:slicerCache r:id="{number}"/></x15:slicerCaches></ext>')  # fmt: skip
    text = f'<slicers xmlns="{X14}"><slicer name="Column1" cache="Slicer_Column1" caption="Column1" rowHeight="230716"/></slicers>'
    number = attach(parts, SHEET, f"{MICROSOFT}/2007/relationships/slicer", "xl/slicers/slicer1.xml", text,
                    "application/vnd.ms-excel.slicer+xml")  # fmt: skip
    put(parts, SHEET, "</worksheet>",
        f'<extLst><ext uri="{{3A4CF648-6AED-40f4-86FF-DC5316D8AED3}}" xmlns:x15="{X15}"><x14:slicerList xmlns:x14="{X14}">'
        f'<x14:slicer r:id="{number}"/></x14:slicerList></ext></extLst>')  # fmt: skip
    put(parts, WORKBOOK, "</definedNames>", '<definedName name="Slicer_Column1">#N/A</definedName>')
    return parts


def pivots(parts: Parts) -> Parts:
    """pivot tables and their cache"""
    cache = (
        f'<pivotCacheDefinition xmlns="{MAIN}" xmlns:r="{OFFICE}" r:id="rId1" refreshOnLoad="1" recordCount="1">'
        '<cacheSource type="worksheet"><worksheetSource ref="A1:B2" sheet="Deals"/></cacheSource><cacheFields count="2">'
        '<cacheField name="Deal ID"><sharedItems count="1"><s v="D-1"/></sharedItems></cacheField><cacheField name="Stage">'
        '<sharedItems count="1"><s v="Lead"/></sharedItems></cacheField></cacheFields></pivotCacheDefinition>'
    )
    part = "xl/pivotCache/pivotCacheDefinition1.xml"
    number = attach(parts, WORKBOOK, f"{OFFICE}/pivotCacheDefinition", part, cache, f"{SML}pivotCacheDefinition+xml")
    attach(parts, part, f"{OFFICE}/pivotCacheRecords", "xl/pivotCache/pivotCacheRecords1.xml",
           f'<pivotCacheRecords xmlns="{MAIN}" count="1"><r><x v="0"/><x v="0"/></r></pivotCacheRecords>',
           f"{SML}pivotCacheRecords+xml")  # fmt: skip
    put(parts, WORKBOOK, "</workbook>", f'<pivotCaches><pivotCache cacheId="7" r:id="{number}"/></pivotCaches>')
    table = (
        f'<pivotTableDefinition xmlns="{MAIN}" name="PivotTable1" cacheId="7" dataCaption="Values"><location ref="E8:E10" '
        'firstHeaderRow="1" firstDataRow="1" firstDataCol="1"/><pivotFields count="2"><pivotField axis="axisRow" showAll="0">'
        '<items count="2"><item x="0"/><item t="default"/></items></pivotField><pivotField showAll="0"/></pivotFields>'
        '<rowFields count="1"><field x="0"/></rowFields></pivotTableDefinition>'
    )
    below = "xl/pivotTables/pivotTable1.xml"
    attach(parts, "xl/worksheets/sheet2.xml", f"{OFFICE}/pivotTable", below, table, f"{SML}pivotTable+xml")
    relate(parts, below, f"{OFFICE}/pivotCacheDefinition", "../pivotCache/pivotCacheDefinition1.xml")
    return parts


def timelines(parts: Parts) -> Parts:
    """timelines of a pivot table, by the id of its sheet"""
    pivots(parts)
    cache = (
        f'<timelineCacheDefinition xmlns="{X15}" name="NativeTimeline_Stage" sourceName="Stage"><pivotTables>'
        '<pivotTable tabId="2" name="PivotTable1"/></pivotTables><state minimalRefreshVersion="6" lastRefreshVersion="6" '
        'pivotCacheId="7" filterType="unknown"/></timelineCacheDefinition>'
    )
    number = attach(parts, WORKBOOK, f"{MICROSOFT}/2011/relationships/timelineCache", "xl/timelineCaches/timelineCache1.xml",
                    cache, "application/vnd.ms-excel.timelineCache+xml")  # fmt: skip
    extension(parts, WORKBOOK, "workbook",
              f'<ext uri="{{D0CA8CA8-9F24-4464-BF8E-62219DCF47F9}}" xmlns:x15="{X15}"><x15:timelineCacheRefs>'
              f'<x15:timelineCacheRef r:id="{number}"/></x15:timelineCacheRefs></ext>')  # fmt: skip
    text = f'<timelines xmlns="{X15}"><timeline name="Stage" cache="NativeTimeline_Stage" level="2" selectionLevel="2"/></timelines>'
    number = attach(parts, SHEET, f"{MICROSOFT}/2011/relationships/timeline", "xl/timelines/timeline1.xml", text,
                    "application/vnd.ms-excel.timeline+xml")  # fmt: skip
    put(parts, SHEET, "</worksheet>",
        f'<extLst><ext uri="{{7E03D99C-DC04-49d9-9315-930204A7B6E9}}" xmlns:x15="{X15}"><x15:timelineRefs>'
        f'<x15:timelineRef r:id="{number}"/></x15:timelineRefs></ext></extLst>')  # fmt: skip
    return parts


def _drawn(parts: Parts, shapes: str) -> str:
    """Gives the first sheet a drawing in VML."""
    text = (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        'xmlns:x="urn:schemas-microsoft-com:office:excel"><v:shapetype id="_x0000_t201" coordsize="21600,21600" o:spt="201" '
        f'path="m,l,21600r21600,l21600,xe"/>{shapes}</xml>'
    )
    parts["xl/drawings/vmlDrawing1.vml"] = text.encode()
    by_ending(parts, "vml", "application/vnd.openxmlformats-officedocument.vmlDrawing")
    number = relate(parts, SHEET, f"{OFFICE}/vmlDrawing", "../drawings/vmlDrawing1.vml")
    put(parts, SHEET, "<tableParts", f'<legacyDrawing r:id="{number}"/>')
    return number


def comments(parts: Parts) -> Parts:
    """comments in the old manner, drawn in VML"""
    text = (
        f'<comments xmlns="{MAIN}"><authors><author>tc={_COMMENT}</author></authors><commentList><comment ref="A2" '
        'authorId="0" shapeId="0"><text><t>why?</t></text></comment></commentList></comments>'
    )
    attach(parts, SHEET, f"{OFFICE}/comments", "xl/comments1.xml", text, f"{SML}comments+xml")
    note = (
        '<v:shape id="_x0000_s1026" type="#_x0000_t202" style="visibility:hidden"><x:ClientData ObjectType="Note"><x:Row>1'
        "</x:Row><x:Column>0</x:Column></x:ClientData></v:shape>"
    )
    _drawn(parts, note)
    return parts


def threaded_comments(parts: Parts) -> Parts:
    """threaded comments and the persons who wrote them"""
    comments(parts)
    space = f"{MICROSOFT}/spreadsheetml/2018/threadedcomments"
    thread = (
        f'<ThreadedComments xmlns="{space}"><threadedComment ref="A2" dT="2026-01-02T03:04:05.19" personId="{_PERSON}" '
        f'id="{_COMMENT}"><text>why?</text></threadedComment></ThreadedComments>'
    )
    kinds = f"{MICROSOFT}/2017/10/relationships"
    attach(parts, SHEET, f"{kinds}/threadedComment", "xl/threadedComments/threadedComment1.xml", thread,
           "application/vnd.ms-excel.threadedcomments+xml")  # fmt: skip
    persons = f'<personList xmlns="{space}"><person displayName="Mara" id="{_PERSON}" userId="mara" providerId="None"/></personList>'
    attach(parts, WORKBOOK, f"{kinds}/person", "xl/persons/person.xml", persons, "application/vnd.ms-excel.person+xml")
    return parts


def macros(parts: Parts) -> Parts:
    """macros in a vbaProject.bin"""
    swap(parts, TYPES, f"{SML}sheet.main+xml", MACRO_BOOK)
    by_ending(parts, "bin", "application/vnd.ms-office.vbaProject")
    parts["xl/vbaProject.bin"] = b"a macro" + bytes(range(256))
    relate(parts, WORKBOOK, f"{MICROSOFT}/2006/relationships/vbaProject", "vbaProject.bin")
    swap(parts, WORKBOOK, "<workbookPr ", '<workbookPr codeName="ThisWorkbook" ')
    return parts


def signed_macros(parts: Parts) -> Parts:
    """signed macros, with the signatures of three ages"""
    macros(parts)
    for year, name in (("2006", ""), ("2014", "Agile"), ("2020/07", "V3")):
        kind = f"{MICROSOFT}/{year}/relationships/vbaProjectSignature{name}"
        attach(parts, "xl/vbaProject.bin", kind, f"xl/vbaProjectSignature{name}.bin", b"a signature",
               f"application/vnd.ms-office.vbaProjectSignature{name}")  # fmt: skip
    return parts


def ribbons(parts: Parts) -> Parts:
    """ribbons and toolbars of the workbook's own, of two ages"""
    for year, space, name in (("2006", "2006/01", "customUI"), ("2007", "2009/07", "customUI14")):
        text = (
            f'<customUI xmlns="{MICROSOFT}/{space}/customui"><ribbon><tabs><tab id="deals" label="Deals"/></tabs></ribbon>'
            "</customUI>"
        )
        attach(
            parts,
            "",
            f"{MICROSOFT}/{year}/relationships/ui/extensibility",
            f"customUI/{name}.xml",
            text,
            "application/xml",
        )
    text = f'<mso:customUI xmlns:mso="{MICROSOFT}/2006/01/customui"><mso:ribbon/></mso:customUI>'
    attach(parts, "", f"{MICROSOFT}/2006/relationships/ui/userCustomization", "userCustomization/customUI.xml", text,
           "application/xml")  # fmt: skip
    return parts


def form_controls(parts: Parts) -> Parts:
    """form controls"""
    properties = f'<formControlPr xmlns="{X14}" objectType="Button" lockText="1"/>'
    number = attach(parts, SHEET, f"{OFFICE}/ctrlProp", "xl/ctrlProps/ctrlProp1.xml", properties,
                    "application/vnd.ms-excel.controlproperties+xml")  # fmt: skip
    _drawn(parts, '<v:shape id="_x0000_s1025" type="#_x0000_t201" style="position:absolute" o:button="t"><x:ClientData '
           'ObjectType="Button"><x:Anchor>1, 0, 1, 0, 2, 0, 2, 0</x:Anchor></x:ClientData></v:shape>')  # fmt: skip
    anchor = "".join(
        f"<{end}><xdr:col>{at}</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>{at}</xdr:row><xdr:rowOff>0</xdr:rowOff></{end}>"
        for end, at in (("from", 1), ("to", 2))
    )
    swap(parts, SHEET, "<worksheet ",
         f'<worksheet xmlns:mc="{MC}" xmlns:x14="{X14}" '
         'xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing" ')  # fmt: skip
    put(parts, SHEET, "<tableParts",
        '<mc:AlternateContent><mc:Choice Requires="x14"><controls><mc:AlternateContent><mc:Choice Requires="x14">'
        f'<control shapeId="1025" r:id="{number}" name="Button 1"><controlPr defaultSize="0" print="0" macro="[0]!Go"><anchor>'
        f"{anchor}</anchor></controlPr></control></mc:Choice></mc:AlternateContent></controls></mc:Choice>"
        "</mc:AlternateContent>")  # fmt: skip
    return parts


def activex(parts: Parts) -> Parts:
    """ActiveX controls with their binary parts"""
    ocx = (
        f'<ax:ocx ax:classid="{{D7053240-CE69-11CD-A777-00DD01143C57}}" ax:persistence="persistStreamInit" r:id="rId1" '
        f'xmlns:ax="{MICROSOFT}/2006/activeX" xmlns:r="{OFFICE}"/>'
    )
    part = "xl/activeX/activeX1.xml"
    number = attach(parts, SHEET, f"{OFFICE}/control", part, ocx, "application/vnd.ms-office.activeX+xml")
    kind = f"{MICROSOFT}/2006/relationships/activeXControlBinary"
    attach(parts, part, kind, "xl/activeX/activeX1.bin", bytes(range(64)), "application/vnd.ms-office.activeX")
    _drawn(parts, '<v:shape id="_x0000_s1027" type="#_x0000_t201"><x:ClientData ObjectType="Pict"/></v:shape>')
    put(
        parts,
        SHEET,
        "<tableParts",
        f'<controls><control shapeId="1027" r:id="{number}" name="CommandButton1"/></controls>',
    )
    return parts


def embedded_objects(parts: Parts) -> Parts:
    """embedded documents and pictures"""
    by_ending(parts, "png", "image/png")
    by_ending(parts, "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
    parts["xl/embeddings/Document.docx"] = b"PK\3\4 a document"
    number = relate(parts, SHEET, f"{OFFICE}/package", "../embeddings/Document.docx")
    _drawn(parts, '<v:shape id="_x0000_s1028" type="#_x0000_t75"><x:ClientData ObjectType="Pict"/></v:shape>')
    put(
        parts,
        SHEET,
        "<tableParts",
        f'<oleObjects><oleObject progId="Word.Document.12" shapeId="1028" r:id="{number}"/></oleObjects>',
    )
    parts["xl/media/image1.png"] = _PICTURE
    number = relate(parts, SHEET, f"{OFFICE}/image", "../media/image1.png")
    swap(parts, SHEET, "<oleObjects>", f'<picture r:id="{number}"/><oleObjects>')
    return parts


def external_links(parts: Parts) -> Parts:
    """links to other workbooks, missing ones too"""
    for at, kind in (
        (1, f"{OFFICE}/externalLinkPath"),
        (2, f"{MICROSOFT}/2006/relationships/xlExternalLinkPath/xlPathMissing"),
    ):
        part = f"xl/externalLinks/externalLink{at}.xml"
        text = (
            f'<externalLink xmlns="{MAIN}"><externalBook xmlns:r="{OFFICE}" r:id="rId1"><sheetNames><sheetName val="Old"/>'
            "</sheetNames></externalBook></externalLink>"
        )
        number = attach(parts, WORKBOOK, f"{OFFICE}/externalLink", part, text, f"{SML}externalLink+xml")
        relate(parts, part, kind, f"file:///C:\\old{at}.xlsx", external=True)
        listing = "" if at == 2 else "<externalReferences></externalReferences>"
        put(parts, WORKBOOK, "<definedNames>", listing)
        put(parts, WORKBOOK, "</externalReferences>", f'<externalReference r:id="{number}"/>')
    return parts


def xml_maps(parts: Parts) -> Parts:
    """XML maps"""
    text = (
        f'<MapInfo xmlns="{MAIN}" SelectionNamespaces=""><Schema ID="Schema1"><xsd:schema xmlns:xsd="http://www.w3.org/2001/'
        'XMLSchema"/></Schema><Map ID="1" Name="Map" RootElement="Data" SchemaID="Schema1" ShowImportExportValidationErrors='
        '"false" AutoFit="true" Append="false" PreserveSortAFLayout="true" PreserveFormat="true"/></MapInfo>'
    )
    attach(parts, WORKBOOK, f"{OFFICE}/xmlMaps", "xl/xmlMaps.xml", text, "application/xml")
    return parts


def cells_of_xml_maps(parts: Parts) -> Parts:
    """single cells bound to an XML map, whose ids are those of tables"""
    xml_maps(parts)
    cell = (
        f'<singleXmlCells xmlns="{MAIN}"><singleXmlCell id="2" r="A9" connectionId="0"><xmlCellPr id="1" uniqueName="Code">'
        '<xmlPr mapId="1" xpath="/Data/Code" xmlDataType="string"/></xmlCellPr></singleXmlCell></singleXmlCells>'
    )
    attach(
        parts,
        SHEET,
        f"{OFFICE}/tableSingleCells",
        "xl/tables/tableSingleCells1.xml",
        cell,
        f"{SML}tableSingleCells+xml",
    )
    return parts


def new_charts(parts: Parts) -> Parts:
    """charts of the newer kind, with their styles and colours"""
    space = f"{MICROSOFT}/drawing"
    text = f'<cx:chartSpace xmlns:cx="{space}/2014/chartex"><cx:chartData/><cx:chart><cx:plotArea><cx:plotAreaRegion/></cx:plotArea></cx:chart></cx:chartSpace>'
    drawing, part = "xl/drawings/drawing1.xml", "xl/charts/chartEx1.xml"
    attach(
        parts, drawing, f"{MICROSOFT}/2014/relationships/chartEx", part, text, "application/vnd.ms-office.chartex+xml"
    )
    for name, root in (("style", "chartStyle"), ("colors", "colorStyle")):
        kind = {"style": "chartStyle", "colors": "chartColorStyle"}[name]
        attach(parts, part, f"{MICROSOFT}/2011/relationships/{kind}", f"xl/charts/{name}1.xml",
               f'<cs:{root} xmlns:cs="{space}/2012/chartStyle" id="410"/>',
               f"application/vnd.ms-office.{kind.lower()}+xml")  # fmt: skip
    return parts


def named_views(parts: Parts) -> Parts:
    """views of a sheet that persons have named"""
    text = f'<namedSheetViews xmlns="{MICROSOFT}/spreadsheetml/2019/namedsheetviews"/>'
    attach(parts, SHEET, f"{MICROSOFT}/2019/04/relationships/namedSheetView", "xl/namedSheetViews/namedSheetView1.xml", text,
           "application/vnd.ms-excel.namedsheetviews+xml")  # fmt: skip
    return parts


def printer_settings(parts: Parts) -> Parts:
    """settings of printers"""
    attach(parts, SHEET, f"{OFFICE}/printerSettings", "xl/printerSettings/printerSettings1.bin", b"\\\0\\\0p\0" * 20,
           f"{SML}printerSettings")  # fmt: skip
    return parts


def thumbnail(parts: Parts) -> Parts:
    """a thumbnail"""
    by_ending(parts, "wmf", "image/x-wmf")
    parts["docProps/thumbnail.wmf"] = bytes(range(99))
    relate(parts, "", f"{_OPC}/thumbnail", "docProps/thumbnail.wmf")
    return parts


def own_properties(parts: Parts) -> Parts:
    """properties of the workbook's and of a sheet's own"""
    text = (
        '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" xmlns:vt="http://schemas.'
        'openxmlformats.org/officeDocument/2006/docPropsVTypes"><property fmtid="{D5CDD505-2E9C-101B-9397-08002B2CF9AE}" '
        'pid="2" name="Owner"><vt:lpwstr>Mara</vt:lpwstr></property></Properties>'
    )
    attach(parts, "", f"{OFFICE}/custom-properties", "docProps/custom.xml", text,
           "application/vnd.openxmlformats-officedocument.custom-properties+xml")  # fmt: skip
    number = attach(
        parts, SHEET, f"{OFFICE}/customProperty", "xl/customProperty1.bin", b"a\0b\0", f"{SML}customProperty"
    )
    put(parts, SHEET, "<tableParts", f'<customProperties><customPr name="own" r:id="{number}"/></customProperties>')
    cut(parts, SHEET, "<drawing [^>]*/>")
    put(parts, SHEET, "<tableParts", '<drawing r:id="rId1"/>')
    return parts


def sensitivity_label(parts: Parts) -> Parts:
    """a label of sensitivity"""
    text = (
        f'<clbl:labelList xmlns:clbl="{MICROSOFT}/2020/mipLabelMetadata"><clbl:label id="{{4ca0b373-e9b1-4578-8e53-53d6aaa79771}}" '
        'enabled="1" method="Standard" siteId="{f9465cb1-7889-4d9a-b552-fdd0addf0eb1}" contentBits="0" removed="0"/>'
        "</clbl:labelList>"
    )
    attach(parts, "", f"{MICROSOFT}/2020/02/relationships/classificationlabels", "docMetadata/LabelInfo.xml", text,
           "application/vnd.ms-office.classificationlabels+xml")  # fmt: skip
    return parts


def web_extensions(parts: Parts) -> Parts:
    """add-ins of the web and their panes"""
    panes = (
        f'<wetp:taskpanes xmlns:wetp="{MICROSOFT}/webextensions/taskpanes/2010/11"><wetp:taskpane dockstate="right" '
        f'visibility="0" width="525" row="2"><wetp:webextensionref xmlns:r="{OFFICE}" r:id="rId1"/></wetp:taskpane></wetp:taskpanes>'
    )
    part = "xl/webextensions/taskpanes.xml"
    attach(parts, "", f"{MICROSOFT}/2011/relationships/webextensiontaskpanes", part, panes,
           "application/vnd.ms-office.webextensiontaskpanes+xml")  # fmt: skip
    text = (
        f'<we:webextension xmlns:we="{MICROSOFT}/webextensions/webextension/2010/11" id="{{062B74C1-A9F9-4AF5-9CFF-D471E6DECFA0}}">'
        '<we:reference id="wa1" version="1.0.0.0" store="en-US" storeType="OMEX"/><we:alternateReferences/><we:properties/>'
        f'<we:bindings/><we:snapshot xmlns:r="{OFFICE}"/></we:webextension>'
    )
    attach(parts, part, f"{MICROSOFT}/2011/relationships/webextension", "xl/webextensions/webextension1.xml", text,
           "application/vnd.ms-office.webextension+xml")  # fmt: skip
    return parts


def dynamic_arrays(parts: Parts) -> Parts:
    """dynamic arrays with their metadata"""
    text = (
        f'<metadata xmlns="{MAIN}" xmlns:xda="{MICROSOFT}/spreadsheetml/2017/dynamicarray"><metadataTypes count="1">'
        '<metadataType name="XLDAPR" minSupportedVersion="120000" copy="1" pasteAll="1" pasteValues="1" merge="1" '
        'splitFirst="1" rowColShift="1" clearFormats="1" clearComments="1" assign="1" coerce="1" cellMeta="1"/>'
        '</metadataTypes><futureMetadata name="XLDAPR" count="1"><bk><extLst><ext '
        'uri="{bdbb8cdc-fa1e-496e-a857-3c3f30c029c3}"><xda:dynamicArrayProperties fDynamic="1" fCollapsed="0"/></ext></extLst>'
        '</bk></futureMetadata><cellMetadata count="1"><bk><rc t="1" v="0"/></bk></cellMetadata></metadata>'
    )
    attach(parts, WORKBOOK, f"{OFFICE}/sheetMetadata", "xl/metadata.xml", text, f"{SML}sheetMetadata+xml")
    swap(parts, SHEET, '<c r="C3"><f>SUM(C2)</f>', '<c r="C3" cm="1"><f t="array" ref="C3">_xlfn._xlws.SORT(C2)</f>')
    return parts


def rich_data(parts: Parts) -> Parts:
    """rich data: pictures in cells, data types"""
    kinds, excel = f"{MICROSOFT}/2017/06/relationships", "application/vnd.ms-excel"
    metadata = (
        f'<metadata xmlns="{MAIN}" xmlns:xlrd="{_RICH}"><metadataTypes count="1"><metadataType name="XLRICHVALUE" '
        'minSupportedVersion="120000" copy="1" pasteAll="1" pasteValues="1" merge="1" splitFirst="1" rowColShift="1" '
        'clearFormats="1" clearComments="1" assign="1" coerce="1"/></metadataTypes><futureMetadata name="XLRICHVALUE" '
        'count="1"><bk><extLst><ext uri="{3e2802c4-a4d2-4d8b-9148-e3be6c30e623}"><xlrd:rvb i="0"/></ext></extLst></bk>'
        '</futureMetadata><valueMetadata count="1"><bk><rc t="1" v="0"/></bk></valueMetadata></metadata>'
    )
    attach(parts, WORKBOOK, f"{OFFICE}/sheetMetadata", "xl/metadata.xml", metadata, f"{SML}sheetMetadata+xml")
    for name, kind, text in (
        ("rdrichvalue", "rdRichValue", f'<rvData xmlns="{_RICH}" count="1"><rv s="0"><v>0</v><v>5</v></rv></rvData>'),
        ("rdrichvaluestructure", "rdRichValueStructure",
         f'<rvStructures xmlns="{_RICH}" count="1"><s t="_localImage"><k n="_rvRel:LocalImageIdentifier" t="i"/>'
         '<k n="CalcOrigin" t="i"/></s></rvStructures>'),
        ("rdRichValueTypes", "rdRichValueTypes", f'<rvTypesInfo xmlns="{_RICH}2"/>'),
    ):  # fmt: skip
        attach(parts, WORKBOOK, f"{kinds}/{kind}", f"xl/richData/{name}.xml", text, f"{excel}.{name.lower()}+xml")
    space = f"{MICROSOFT}/spreadsheetml/2022/richvaluerel"
    text = f'<richValueRels xmlns="{space}" xmlns:r="{OFFICE}"><rel r:id="rId1"/></richValueRels>'
    part = "xl/richData/richValueRel.xml"
    attach(parts, WORKBOOK, f"{MICROSOFT}/2022/10/relationships/richValueRel", part, text, f"{excel}.richvaluerel+xml")
    by_ending(parts, "png", "image/png")
    parts["xl/media/image1.png"] = _PICTURE
    relate(parts, part, f"{OFFICE}/image", "../media/image1.png")
    swap(parts, SHEET, '<c r="C2" s="2"><v>1000.5</v>', '<c r="C2" s="2" t="e" vm="1"><v>#VALUE!</v>')
    return parts


def cell_images(parts: Parts) -> Parts:
    """pictures in cells as WPS keeps them"""
    text = '<etc:cellImages xmlns:etc="http://www.wps.cn/officeDocument/2017/etCustomData"/>'
    attach(parts, WORKBOOK, "http://www.wps.cn/officeDocument/2020/cellImage", "xl/cellimages.xml", text,
           "application/vnd.wps-officedocument.cellimage+xml")  # fmt: skip
    return parts


def feature_properties(parts: Parts) -> Parts:
    """check boxes in cells, with their bag of properties"""
    space = f"{MICROSOFT}/spreadsheetml/2022/featurepropertybag"
    text = (
        f'<FeaturePropertyBags xmlns="{space}"><bag type="Checkbox"/><bag type="XFControls"><bagId k="CellControl">0</bagId>'
        '</bag><bag type="XFComplement"><bagId k="XFControls">1</bagId></bag><bag type="XFComplements" '
        'extRef="XFComplementsMapperExtRef"><a k="MappedFeaturePropertyBags"><bagId>2</bagId></a></bag></FeaturePropertyBags>'
    )
    attach(parts, WORKBOOK, f"{MICROSOFT}/2022/11/relationships/FeaturePropertyBag",
           "xl/featurePropertyBag/featurePropertyBag.xml", text, "application/vnd.ms-excel.featurepropertybag+xml")  # fmt: skip
    swap(parts, STYLES, 'xfId="0" applyNumberFormat="1"/>',
         'xfId="0" applyNumberFormat="1"><extLst><ext uri="{C7286773-470A-42A8-94C5-96B5CB345126}" '
         f'xmlns:xfpb="{space}"><xfpb:xfComplement i="0"/></ext></extLst></xf>')  # fmt: skip
    return parts


def volatile_dependencies(parts: Parts) -> Parts:
    """dependencies of volatile functions, by the number of their sheet"""
    text = (
        f'<volTypes xmlns="{MAIN}"><volType type="realTimeData"><main first="prices.rtd"><tp t="e"><v>#N/A</v><stp>1</stp>'
        '<tr r="A2" s="2"/></tp></main></volType></volTypes>'
    )
    attach(
        parts,
        WORKBOOK,
        f"{OFFICE}/volatileDependencies",
        "xl/volatileDependencies.xml",
        text,
        f"{SML}volatileDependencies+xml",
    )
    return parts


def calculation_chain(parts: Parts) -> Parts:
    """a calculation chain, which goes"""
    text = f'<calcChain xmlns="{MAIN}"><c r="C3" i="1"/><c r="C3" i="2"/></calcChain>'
    attach(parts, WORKBOOK, f"{OFFICE}/calcChain", "xl/calcChain.xml", text, f"{SML}calcChain+xml")
    return parts


def calculation_chain_of_nothing(parts: Parts) -> Parts:
    """a calculation chain that is named and not there"""
    relate(parts, WORKBOOK, f"{OFFICE}/calcChain", "/xl/calcChain.xml")
    return parts


def revisions(parts: Parts) -> Parts:
    """a workbook shared in the old manner, with its revisions"""
    guid = "{3E0BA61E-0E6C-4B1B-A2F6-9B6F8A5E3B11}"
    headers = (
        f'<headers xmlns="{MAIN}" xmlns:r="{OFFICE}" guid="{guid}"><header guid="{guid}" dateTime="2026-01-02T03:04:05" '
        'maxSheetId="3" userName="Mara" r:id="rId1"><sheetIdMap count="2"><sheetId val="1"/><sheetId val="2"/></sheetIdMap>'
        "</header></headers>"
    )
    part, kind = "xl/revisions/revisionHeaders.xml", f"{OFFICE}/revisionHeaders"
    attach(parts, WORKBOOK, kind, part, headers, f"{SML}revisionHeaders+xml")
    log = f'<revisions xmlns="{MAIN}"/>'
    attach(parts, part, f"{OFFICE}/revisionLog", "xl/revisions/revisionLog1.xml", log, f"{SML}revisionLog+xml")
    attach(parts, WORKBOOK, f"{OFFICE}/usernames", "xl/revisions/userNames.xml", f'<users xmlns="{MAIN}" count="0"/>',
           f"{SML}userNames+xml")  # fmt: skip
    return parts


SHAPES: dict[str, tuple[Shape, ...]] = {
    "Data from elsewhere": (
        connections, power_query, query_table, data_model, external_links, xml_maps, cells_of_xml_maps,
    ),
    "What filters, draws and comments": (
        pivots, slicers, timelines, comments, threaded_comments, new_charts, embedded_objects, named_views,
        printer_settings,
    ),
    "What runs": (
        macros, signed_macros, ribbons, form_controls, activex, web_extensions,
    ),
    "What calculates": (
        dynamic_arrays, rich_data, cell_images, feature_properties, volatile_dependencies, calculation_chain,
        calculation_chain_of_nothing,
    ),
    "What is said of the workbook": (thumbnail, own_properties, sensitivity_label),
}  # fmt: skip
REFUSED: dict[Shape, str] = {
    revisions: "it is shared in Excel's old manner, where no tables or charts can be added",
}
