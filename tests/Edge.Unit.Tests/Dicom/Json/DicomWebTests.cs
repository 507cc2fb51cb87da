using System.Text;
using System.Text.Json;
using System.Xml.Linq;
using Edge.Dicom;
using Edge.Dicom.Json;
using Edge.Dicom.Tags;
using Edge.Dicom.Writing;
using Xunit;

namespace Edge.Unit.Tests.Dicom.Json;

public sealed class DicomWebTests
{
    private static JsonElement Json(DataSet dataSet)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, OrthancTagsJson.WriterOptions))
        {
            DicomWebJson.Write(writer, dataSet);
        }

        return JsonDocument.Parse(stream.ToArray()).RootElement;
    }

    private static string Node(DicomTag tag, Vr vr, string value)
    {
        var dataSet = new DataSet();
        dataSet.SetString(tag, value, vr);
        return Json(dataSet).GetProperty(tag.ToHexString()).GetRawText();
    }

    [Theory]
    [InlineData(Vr.LO, "A\\\\B", """{"vr":"LO","Value":["A",null,"B"]}""")]
    [InlineData(Vr.LO, "", """{"vr":"LO"}""")]
    [InlineData(Vr.LO, "A \\B ", """{"vr":"LO","Value":["A ","B"]}""")]
    [InlineData(Vr.PN, "A^B=I=P\\", """{"vr":"PN","Value":[{"Alphabetic":"A^B","Ideographic":"I","Phonetic":"P"},{}]}""")]
    [InlineData(Vr.IS, "12\\x\\", """{"vr":"IS","Value":[12,null]}""")]
    [InlineData(Vr.DS, "2.0\\0.25 \\\\1e3", """{"vr":"DS","Value":["2.0","0.25",null,"1e3"]}""")]
    [InlineData(Vr.FD, "0.1\\3", """{"vr":"FD","Value":[0.1,3]}""")]
    [InlineData(Vr.US, "1\\65535", """{"vr":"US","Value":[1,65535]}""")]
    [InlineData(Vr.SL, "-7", """{"vr":"SL","Value":[-7]}""")]
    [InlineData(Vr.UV, "18446744073709551615", """{"vr":"UV","Value":[18446744073709551615]}""")]
    [InlineData(Vr.AT, "0018,1063\\0018,a001", """{"vr":"AT","Value":["00181063","0018A001"]}""")]
    [InlineData(Vr.OF, "0.5\\2", """{"vr":"OF","Value":[0.5,2]}""")]
    [InlineData(Vr.OB, "ab", """{"vr":"OB","InlineBinary":"YWI="}""")]
    [InlineData(Vr.OB, "", """{"vr":"OB"}""")]
    public void ValuesFollowTheModel(Vr vr, string value, string expected) => Assert.Equal(expected, Node(new DicomTag(0x00114000), vr, value));

    [Fact]
    public void TheWholeDataSetIsGiven()
    {
        JsonElement json = Json(Samples.Builder().Add(new DicomTag(0x00080000), 4).Build());
        Assert.Equal("""{"vr":"CS","Value":["ISO_IR 100"]}""", json.GetProperty("00080005").GetRawText());
        Assert.False(json.TryGetProperty("00080000", out _));
        Assert.Equal(Enumerable.Range(0, 32).Select(i => (byte)i), json.GetProperty("7FE00010").GetProperty("InlineBinary").GetBytesFromBase64());
        Assert.Equal("Müller^Jörg", json.GetProperty("00100010").GetProperty("Value")[0].GetProperty("Alphabetic").GetString());
        Assert.Equal(2, json.GetProperty("00081110").GetProperty("Value")[0].GetProperty("00081140").GetProperty("Value").GetArrayLength());
        Assert.Equal(
            Json(DicomFile.Read(Samples.File()).DataSet).GetRawText(), Json(DicomFile.Read(Samples.File(TransferSyntax.ExplicitVrBigEndian)).DataSet).GetRawText());
        Assert.False(Json(DicomFile.Read(Samples.Encapsulated()).DataSet).TryGetProperty("7FE00010", out _));
    }

    [Fact]
    public void XmlIsTheNativeModel()
    {
        using var stream = new MemoryStream();
        DataSet dataSet = Samples.Builder().Add(DicomTags.PatientComments, "a<b>&\"\u0001c").Build();
        DicomWebXml.Write(stream, dataSet);
        XElement root = XDocument.Parse(Encoding.UTF8.GetString(stream.ToArray())).Root!;
        Assert.Equal("NativeDicomModel", root.Name.LocalName);
        XElement Find(string tag) => root.Elements().Single(e => (string?)e.Attribute("tag") == tag);
        Assert.Equal("a<b>&\"c", Find("00104000").Value);
        Assert.Equal(("PN", "PatientName"), ((string?)Find("00100010").Attribute("vr"), (string?)Find("00100010").Attribute("keyword")));
        Assert.Equal("Müller", Find("00100010").Descendants().Single(e => e.Name.LocalName == "FamilyName").Value);
        Assert.Equal("GEMS_PARM_01", (string?)Find("00431027").Attribute("privateCreator"));
        Assert.Equal(["1", "2"], Find("00080008").Elements().Select(e => (string?)e.Attribute("number")));
        Assert.Equal("1.9", Find("00081110").Descendants().Single(e => (string?)e.Attribute("tag") == "00081155").Value);
        Assert.Equal(32, Convert.FromBase64String(Find("7FE00010").Elements().Single().Value).Length);
        Assert.Equal("00181063", Find("00280009").Value);
    }
}
