using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Engine.Modification;
using Edge.Engine.Modification.Deriving;
using Xunit;

namespace Edge.Unit.Tests.Engine.Modification;

public sealed class DataSetModifierTests
{
    private static readonly DicomTag Private = new(0x00091001);

    [Theory]
    [InlineData(ResourceLevel.Patient, true, true, true)]
    [InlineData(ResourceLevel.Study, true, true, true)]
    [InlineData(ResourceLevel.Series, false, true, true)]
    [InlineData(ResourceLevel.Instance, false, false, true)]
    public void AModificationRenewsTheUidsOfItsLevelAndBelow(ResourceLevel level, bool study, bool series, bool instance)
    {
        DataSet dataSet = Modifying.Sample();
        dataSet.Modify("{\"Force\":true}", level);
        Assert.Equal("P1", dataSet.GetString(DicomTags.PatientID));
        Assert.Equal(study, dataSet.GetString(DicomTags.StudyInstanceUID) != "1.2.3.1");
        Assert.Equal(series, dataSet.GetString(DicomTags.SeriesInstanceUID) != "1.2.3.1.1");
        Assert.Equal(instance, dataSet.GetString(DicomTags.SOPInstanceUID) != "1.2.3.1.1.1");
        Assert.Equal("1.2.3.1.1.2", dataSet.GetItems(DicomTags.ReferencedImageSequence)[0].GetString(DicomTags.ReferencedSOPInstanceUID));
        Assert.Equal("1.2.3.9", dataSet.GetString(DicomTags.FrameOfReferenceUID));
    }

    [Fact]
    public void ValuesAreReplacedRemovedAndInserted()
    {
        DataSet dataSet = Modifying.Sample();
        dataSet.Modify("{\"Replace\":{\"PatientName\":\"Å^B\",\"0020,9165\":\"0020,9056\",\"OtherPatientIDsSequence\":[{\"PatientID\":\"X\"}],\"0009,1001\":\"new\"},\"Remove\":[\"StationName\",\"InstitutionName\"]}");
        Assert.Equal("Å^B", dataSet.GetString(DicomTags.PatientName));
        Assert.False(dataSet.Contains(DicomTags.StationName));
        Assert.Equal("0020,9056", dataSet.GetString(new DicomTag(0x00209165)));
        Assert.Equal("X", dataSet.GetItems(DicomTags.OtherPatientIDsSequence)[0].GetString(DicomTags.PatientID));
        Assert.StartsWith("new", dataSet.GetString(Private) ?? System.Text.Encoding.ASCII.GetString(dataSet.Find(Private)!.Value.Span), StringComparison.Ordinal);
        Assert.Equal("ISO_IR 100", dataSet.GetString(DicomTags.SpecificCharacterSet));
    }

    [Fact]
    public void TextThatTheCharacterSetCannotExpressMakesTheDataSetUtf8()
    {
        DataSet dataSet = Modifying.Sample();
        dataSet.Modify("{\"Replace\":{\"StudyDescription\":\"колено\"}}");
        Assert.Equal("ISO_IR 192", dataSet.GetString(DicomTags.SpecificCharacterSet));
        Assert.Equal("колено", dataSet.GetString(DicomTags.StudyDescription));
        Assert.Equal("Müller^Jörg", dataSet.GetString(DicomTags.PatientName));
    }

    [Fact]
    public void ACharacterSetThatIsReplacedEncodesAllTextAgain()
    {
        DataSet dataSet = Modifying.Sample();
        dataSet.Modify("{\"Replace\":{\"SpecificCharacterSet\":\"ISO_IR 192\"}}");
        Assert.Equal("Müller^Jörg", dataSet.GetString(DicomTags.PatientName));
        Assert.Equal("Müller^Jörg"u8.ToArray(), dataSet.Find(DicomTags.PatientName)!.Value.Span[..13].ToArray());
        Assert.Equal(ErrorCode.ParameterOutOfRange, Assert.Throws<EdgeException>(() => dataSet.Modify("{\"Replace\":{\"SpecificCharacterSet\":\"ISO_IR 1\"}}")).Code);
    }

    [Fact]
    public void PathsReachIntoSequences()
    {
        DataSet dataSet = Modifying.Sample();
        dataSet.Modify("{\"Replace\":{\"ReferencedImageSequence[*].PatientName\":\"Hello\",\"ReferencedImageSequence[3].PatientID\":\"x\"},\"Remove\":[\"ReferencedImageSequence[0].StudyDate\"]}");
        DataSet item = dataSet.GetItems(DicomTags.ReferencedImageSequence)[0];
        Assert.Equal("Hello", item.GetString(DicomTags.PatientName));
        Assert.False(item.Contains(DicomTags.StudyDate));
        Assert.False(item.Contains(DicomTags.PatientID));
        Assert.Equal("Müller^Jörg", dataSet.GetString(DicomTags.PatientName));
        Assert.True(dataSet.Contains(DicomTags.StudyDate));
    }

    [Fact]
    public void PrivateTagsGoEverywhereButForThoseThatAreKeptOrReplaced()
    {
        DataSet dataSet = Modifying.Sample();
        dataSet.Modify("{\"RemovePrivateTags\":true}");
        Assert.DoesNotContain(dataSet, static element => element.Tag.IsPrivate);
        Assert.DoesNotContain(dataSet.GetItems(DicomTags.ReferencedImageSequence)[0], static element => element.Tag.IsPrivate);

        dataSet = Modifying.Sample();
        dataSet.Modify("{\"RemovePrivateTags\":true,\"Keep\":[\"0009,1001\"]}");
        Assert.Equal("secret", dataSet.GetString(Private));
        Assert.Equal("OWNER", dataSet.FindPrivateCreator(Private));
    }

    [Fact]
    public void ANewPrivateTagGetsItsCreator()
    {
        DataSet dataSet = Modifying.Sample();
        dataSet.Modify("{\"Replace\":{\"4321,1012\":\"data:application/octet-stream;base64,AQIDBA==\"},\"PrivateCreator\":\"ME\"}");
        Assert.Equal("ME", dataSet.FindPrivateCreator(new DicomTag(0x43211012)));
        Assert.Equal(new byte[] { 1, 2, 3, 4 }, dataSet.Find(new DicomTag(0x43211012))!.Value.ToArray());
    }

    [Theory]
    [InlineData("{\"Replace\":{\"Rows\":\"many\"}}")]
    [InlineData("{\"Replace\":{\"ReferencedStudySequence\":\"x\"}}")]
    public void AValueThatDoesNotSuitItsTagIsRefused(string body) =>
        Assert.Equal(ErrorCode.BadParameterType, Assert.Throws<EdgeException>(() => Modifying.Sample().Modify(body)).Code);

    // What the job shows and deletes by is computed without the files: both must agree.
    [Theory]
    [InlineData("{}", true, ResourceLevel.Study)]
    [InlineData("{}", false, ResourceLevel.Series)]
    [InlineData("{\"Keep\":[\"SOPInstanceUID\",\"PatientID\"],\"Force\":true}", true, ResourceLevel.Study)]
    [InlineData("{\"Replace\":{\"StudyInstanceUID\":\"1.2.3.4 \",\"PatientID\":\"Q\"},\"Force\":true}", false, ResourceLevel.Study)]
    [InlineData("{\"DicomVersion\":\"2024e\",\"ProfileOptions\":[\"RetainUIDs\"]}", true, ResourceLevel.Study)]
    public void IdentifiersAreForeseen(string body, bool anonymizes, ResourceLevel level)
    {
        DataSet dataSet = Modifying.Sample();
        RequestEditor editor = Modifying.Editor(body, anonymizes, level);
        OrthancIdentifiers foreseen = editor.TargetOf(OrthancIdentifiers.From(dataSet));
        editor.Apply(dataSet);
        Assert.Equal(OrthancIdentifiers.From(DicomReader.ReadDataSet(DicomWriter.ToArray(dataSet, TransferSyntax.ExplicitVrLittleEndian), TransferSyntax.ExplicitVrLittleEndian)), foreseen);
    }
}
