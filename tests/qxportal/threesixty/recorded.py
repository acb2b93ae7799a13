"""One answer of each kind, as servers send them."""

PDF = b"%PDF-1.7\n1 0 obj <</Type /Catalog>> endobj\n%%EOF\n"
ROWS = {"Assessments": [{"ThreeSixtyID": "TS_8sLqH2mTz0aXc41", "Name": "Leadership 2026"}]}
PERSONS = {"Persons": [{"PersonID": f"P_{name}", "MetaData": {"Team": "Sales"}} for name in ("Anna", "Zoë")]}
CSV = "FirstName,LastName,Email,Status\r\nAnna,Berger,anna.berger@acme.example,Waiting\r\n"
CSV_TYPE = "application/vnd.msexcel"

XML = """<?xml version="1.0" encoding="UTF-8"?>
<XML><Meta><Status>Success</Status><Debug></Debug></Meta><Result><Assessments><element id="0">
<ThreeSixtyID>TS_8sLqH2mTz0aXc41</ThreeSixtyID><Name>Führung &amp; Kultur</Name><Type>360</Type></element></Assessments>
</Result></XML>
"""
SURVEY = """<?xml version="1.0" encoding="UTF-8"?>
<SurveyDefinition><SurveyName><![CDATA[Leadership <360>]]></SurveyName><OwnerID>UR_1</OwnerID><isActive>1</isActive>
<CreationDate>2026-03-01 09:00:00</CreationDate><ExpirationDate>0000-00-00 00:00:00</ExpirationDate>
<Languages><Language Default="1">EN</Language><Language>DE</Language></Languages>
<Questions><Question QuestionID="QID1"><Type>Matrix</Type><Selector>Likert</Selector><ExportTag>Q1</ExportTag>
<QuestionText><![CDATA[How often does this person <b>listen</b>?]]></QuestionText>
<Validation><ForceResponse>1</ForceResponse></Validation>
<Choices><Choice ID="1" Recode="1"><Description>Listens first</Description></Choice></Choices>
<Answers><Answer ID="1" Recode="5"><Description>Never</Description></Answer></Answers></Question></Questions>
<Blocks><Block ID="BL_1" Description="Trust">
<BlockElements><Question QuestionID="QID1"/></BlockElements></Block></Blocks>
<SurveyFlow><Block FlowID="FL_2" ID="BL_1"/></SurveyFlow>
<EmbeddedData><Field><Name>Team</Name><Value>Sales</Value></Field></EmbeddedData></SurveyDefinition>
"""
BARE = {"R_1": {"ResponseSet": "Default", "Status": "0", "StartDate": "2026-03-01 09:00:00", "Finished": "1", "Q1": 4}}
RESPONSES_CSV = (
    "V1,V2,V6,V7,V9,Q1,\r\nResponseID,ResponseSet,Status,StartDate,Finished,Listens first,\r\n"
    "R_1,Default,0,2026-03-01 09:00:00,1,4,\r\n"
)
RESPONSES_XML = """<Responses><Response><ResponseID>R_1</ResponseID><ResponseSet>Default</ResponseSet><Status>0</Status>
<StartDate>2026-03-01 09:00:00</StartDate><Finished>1</Finished><Q1>4</Q1></Response></Responses>
"""
RESPONSES_HTML = """<!DOCTYPE html><html lang="en"><head><title>Responses</title></head><body><table>
<tr><th>V1</th><th>V2</th><th>V6</th><th>V7</th><th>V9</th><th>Q1</th></tr>
<tr><th>ResponseID</th><th>ResponseSet</th><th>Status</th><th>StartDate</th><th>Finished</th>
<th>Listens &amp; asks</th></tr>
<tr><td>R_1</td><td>Default</td><td>0</td><td>2026-03-01 09:00:00</td><td>1</td><td>4</td></tr></table></body></html>
"""
