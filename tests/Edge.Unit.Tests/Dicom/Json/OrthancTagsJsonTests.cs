using System.Text;
using System.Text.Json;
using Edge.Dicom;
using Edge.Dicom.Json;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Dicom.Writing;
using Xunit;

namespace Edge.Unit.Tests.Dicom.Json;

public sealed class OrthancTagsJsonTests
{
    private static string Write(DataSet dataSet, TagFormat format, OrthancJsonOptions? options = null)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, OrthancTagsJson.WriterOptions))
        {
            OrthancTagsJson.Write(writer, dataSet, format, options);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }

    private static JsonElement Node(DataSet dataSet, string key, TagFormat format = TagFormat.Full, OrthancJsonOptions? options = null) =>
        JsonDocument.Parse(Write(dataSet, format, options)).RootElement.GetProperty(key);

    private static DataSet One(DicomTag tag, Vr vr, byte[] value, string? characterSet = null)
    {
        var dataSet = new DataSet();
        if (characterSet is not null)
        {
            dataSet.SetString(DicomTags.SpecificCharacterSet, characterSet);
        }

        dataSet.Set(new DicomElement(tag, vr, value));
        return dataSet;
    }

    [Fact]
    public void FullFormatIsOrthancs()
    {
        DataSet dataSet = new DataSetBuilder().Add(DicomTags.SpecificCharacterSet, "ISO_IR 100").Add(DicomTags.PatientName, "Müller")
            .Add(DicomTags.ReferencedStudySequence, false, new DataSetBuilder().Add(DicomTags.ReferencedSOPInstanceUID, "1.9"), new DataSetBuilder())
            .AddPrivate("GEMS_PARM_01", 0x0043, 0x27, Vr.SH, "1.5:1").Add(DicomTags.Rows, 4).Build();
        Assert.Equal(
            """{"0008,0005":{"Name":"SpecificCharacterSet","Type":"String","Value":"ISO_IR 100"},"0008,1110":{"Name":"ReferencedStudySequence","Type":"Sequence","Value":[{"0008,1155":{"Name":"ReferencedSOPInstanceUID","Type":"String","Value":"1.9"}},{}]},"0010,0010":{"Name":"PatientName","Type":"String","Value":"Müller"},"0028,0010":{"Name":"Rows","Type":"String","Value":"4"},"0043,0010":{"Name":"PrivateCreator","Type":"String","Value":"GEMS_PARM_01"},"0043,1027":{"Name":"ScanPitchRatio","PrivateCreator":"GEMS_PARM_01","Type":"String","Value":"1.5:1"}}""",
            Write(dataSet, TagFormat.Full));
        Assert.Equal(
            """{"0008,0005":"ISO_IR 100","0008,1110":[{"0008,1155":"1.9"},{}],"0010,0010":"Müller","0028,0010":"4","0043,0010":"GEMS_PARM_01","0043,1027":"1.5:1"}""",
            Write(dataSet, TagFormat.Short));
        Assert.Equal(
            """{"PatientName":"Müller","PrivateCreator":"GEMS_PARM_01","ReferencedStudySequence":[{"ReferencedSOPInstanceUID":"1.9"},{}],"Rows":"4","ScanPitchRatio":"1.5:1","SpecificCharacterSet":"ISO_IR 100"}""",
            Write(dataSet, TagFormat.Simplified));
    }

    [Theory]
    [InlineData(Vr.LO, "ABC ", "ABC")]
    [InlineData(Vr.LO, "  AB  ", "  AB")]
    [InlineData(Vr.UI, "1.2\0", "1.2")]
    [InlineData(Vr.LO, "A\0 ", "A")]
    [InlineData(Vr.LO, "A \0", "A ")]
    [InlineData(Vr.LO, "\0A", "")]
    [InlineData(Vr.DS, "1.50 \\2.0", "1.50 \\2.0")]
    [InlineData(Vr.LO, "", "")]
    [InlineData(Vr.US, "\u0001\0\u0002\0", "1\\2")]
    [InlineData(Vr.SS, "\u00ff\u00ff", "-1")]
    [InlineData(Vr.AT, "\u0018\0\u0063\u0010\u0018\0\u0065\u0010", "0018,1063")]
    public void ValuesAreAsOrthancGivesThem(Vr vr, string value, string expected)
    {
        JsonElement node = Node(One(new DicomTag(0x00104000), vr, Encoding.Latin1.GetBytes(value)), "0010,4000");
        Assert.Equal(("String", expected), (node.GetProperty("Type").GetString(), node.GetProperty("Value").GetString()));
    }

    [Theory]
    [InlineData(Vr.OB, "ab")]
    [InlineData(Vr.OW, "ab")]
    [InlineData(Vr.US, "")]
    [InlineData(Vr.AT, "")]
    [InlineData(Vr.FD, "")]
    [InlineData(Vr.US, "a")]
    public void BinaryAndEmptyNumbersAreNull(Vr vr, string value)
    {
        JsonElement node = Node(One(new DicomTag(0x00104000), vr, Encoding.Latin1.GetBytes(value)), "0010,4000");
        Assert.Equal(("Null", JsonValueKind.Null), (node.GetProperty("Type").GetString(), node.GetProperty("Value").ValueKind));
    }

    [Fact]
    public void FloatingPointHasSeventeenDigits()
    {
        Assert.Equal("0.10000000000000001", Node(One(new DicomTag(0x00189306), Vr.FD, BitConverter.GetBytes(0.1)), "0018,9306", TagFormat.Short).GetString());
        Assert.Equal("0.10000000149011612", Node(One(new DicomTag(0x00189306), Vr.FL, BitConverter.GetBytes(0.1f)), "0018,9306", TagFormat.Short).GetString());
        Assert.Equal("0.5\\2", Node(One(new DicomTag(0x00660016), Vr.OF, [.. BitConverter.GetBytes(0.5f), .. BitConverter.GetBytes(2f)]), "0066,0016", TagFormat.Short).GetString());
    }

    [Theory]
    [InlineData(1e20, "1e+20")]
    [InlineData(1e-5, "1.0000000000000001e-05")]
    [InlineData(123456789.0, "123456789")]
    [InlineData(-2.5, "-2.5")]
    [InlineData(1e16, "10000000000000000")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(double.NaN, "nan")]
    [InlineData(double.NegativeInfinity, "-inf")]
    public void NumbersAreCs(double value, string expected) => Assert.Equal(expected, DicomNumber.Format(value));

    [Fact]
    public void TwoHundredFiftySixBytesOfUtf8AreTheLimit()
    {
        DataSet Latin(int count) => One(DicomTags.PatientComments, Vr.LT, Encoding.Latin1.GetBytes(new string('é', count)), "ISO_IR 100");
        Assert.Equal("String", Node(Latin(128), "0010,4000").GetProperty("Type").GetString());
        JsonElement tooLong = Node(Latin(129), "0010,4000");
        Assert.Equal(("TooLong", JsonValueKind.Null), (tooLong.GetProperty("Type").GetString(), tooLong.GetProperty("Value").ValueKind));
        Assert.Equal("String", Node(One(DicomTags.PatientComments, Vr.LT, new byte[256].Select(_ => (byte)'x').ToArray()), "0010,4000").GetProperty("Type").GetString());
        Assert.Equal("TooLong", Node(One(DicomTags.PatientComments, Vr.LT, new byte[257].Select(_ => (byte)'x').ToArray()), "0010,4000").GetProperty("Type").GetString());
        Assert.Equal(JsonValueKind.Null, Node(Latin(5000), "PatientComments", TagFormat.Simplified).ValueKind);
        var options = new OrthancJsonOptions { IgnoreLength = new HashSet<DicomTag> { DicomTags.PatientComments } };
        Assert.Equal(5000, Node(Latin(5000), "0010,4000", TagFormat.Short, options).GetString()?.Length);
    }

    [Fact]
    public void TextUnderUnIsReadWhereTheDictionaryKnowsIt()
    {
        Assert.Equal("é ", Node(One(DicomTags.PatientName, Vr.UN, [0xE9, 0x20]), "0010,0010", TagFormat.Short).GetString());
        Assert.Equal(JsonValueKind.Null, Node(One(new DicomTag(0x00080004), Vr.UN, "ab"u8.ToArray()), "0008,0004", TagFormat.Short).ValueKind);
        foreach ((byte[] value, JsonValueKind kind) in new[] { ("1.5"u8.ToArray(), JsonValueKind.String), ((byte[])[0xE9, 0x20], JsonValueKind.Null) })
        {
            var dataSet = new DataSet();
            dataSet.Set(new DicomElement(dataSet.ReservePrivateTag("GEMS_PARM_01", 0x0043, 0x27), Vr.UN, value));
            Assert.Equal(kind, Node(dataSet, "0043,1027").GetProperty("Value").ValueKind);
        }
    }

    [Fact]
    public void ReadingStopsAtPixelDataUnlessWhole()
    {
        DataSet dataSet = Samples.Builder().Add(new DicomTag(0xFFFCFFFC), [0, 0], Vr.OB).Build();
        JsonElement tags = JsonDocument.Parse(Write(dataSet, TagFormat.Full)).RootElement;
        Assert.Equal("""{"Name":"PixelData","Type":"Null","Value":null}""", tags.GetProperty("7fe0,0010").GetRawText());
        Assert.False(tags.TryGetProperty("fffc,fffc", out _));
        Assert.True(JsonDocument.Parse(Write(dataSet, TagFormat.Full, new OrthancJsonOptions { Whole = true })).RootElement.TryGetProperty("fffc,fffc", out _));
    }

    [Fact]
    public void ModulesGiveTheirTagsAlone()
    {
        var only = new OrthancJsonOptions { Only = new HashSet<DicomTag> { DicomTags.PatientID, DicomTags.StudyDate } };
        Assert.Equal("""{"0008,0020":"20260102","0010,0020":"PAT-1"}""", Write(Samples.DataSet(), TagFormat.Short, only));
    }

    [Fact]
    public void TheTopCharacterSetCountsForItems()
    {
        var item = new DataSet();
        item.SetString(DicomTags.SpecificCharacterSet, "ISO_IR 144");
        item.Set(new DicomElement(DicomTags.PatientName, Vr.PN, new byte[] { 0xE9, 0x20 }));
        var top = new DataSet();
        top.SetString(DicomTags.SpecificCharacterSet, "ISO_IR 100");
        top.SetItems(DicomTags.ReferencedStudySequence, [item]);
        Assert.Equal("é", Node(top, "0008,1110", TagFormat.Short)[0].GetProperty("0010,0010").GetString());
    }

    [Fact]
    public void DuplicatesAndDisorderGiveOneKeyEach()
    {
        byte[] bytes = Samples.Bytes(0x00100020u, "LO", (ushort)2, "P1", 0x00080060u, "CS", (ushort)2, "CT", 0x00100020u, "LO", (ushort)2, "P2");
        DataSet dataSet = DicomReader.ReadDataSet(bytes, TransferSyntax.ExplicitVrLittleEndian);
        Assert.Equal("""{"0008,0060":"CT","0010,0020":"P1"}""", Write(dataSet, TagFormat.Short));
        Assert.Equal("P1", dataSet.GetString(DicomTags.PatientID));
    }

    [Fact]
    public void TheHeaderLeavesBinaryOut()
    {
        DicomFile file = DicomFile.Read(Samples.File());
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, OrthancTagsJson.WriterOptions))
        {
            OrthancTagsJson.WriteHeader(writer, file.Meta, TagFormat.Simplified);
        }

        JsonElement header = JsonDocument.Parse(stream.ToArray()).RootElement;
        Assert.Equal(TransferSyntax.ExplicitVrLittleEndian.Uid, header.GetProperty("TransferSyntaxUID").GetString());
        Assert.Equal(JsonValueKind.String, header.GetProperty("FileMetaInformationGroupLength").ValueKind);
        Assert.False(header.TryGetProperty("FileMetaInformationVersion", out _));
    }

    [Fact]
    public void BigEndianGivesTheSame()
    {
        DataSet little = DicomFile.Read(Samples.File(TransferSyntax.ExplicitVrLittleEndian)).DataSet;
        DataSet big = DicomFile.Read(Samples.File(TransferSyntax.ExplicitVrBigEndian)).DataSet;
        Assert.Equal(Write(little, TagFormat.Full), Write(big, TagFormat.Full));
        DataSet implicitVr = DicomReader.ReadFile(Samples.File(TransferSyntax.ImplicitVrLittleEndian), DicomReadOptions.Default).DataSet;
        Assert.Equal(Write(little, TagFormat.Simplified), Write(implicitVr, TagFormat.Simplified));
    }
}
