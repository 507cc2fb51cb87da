using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;
using Edge.Engine.Forwarding;
using Edge.Engine.Modification;
using Xunit;

namespace Edge.Unit.Tests.Engine.Forwarding;

/// <summary>Conditions of rules on elements that are no main tags: standard, nested and private ones, in every encoding that instances come in.</summary>
public sealed class TagConditionTests
{
    private const string Creator = "RULES OF TESTS";

    private static readonly DicomTag Private = new(0x0407, 0x1002);

    static TagConditionTests() => DicomDictionary.Register(new DictionaryEntry(Private, "TagOfRulesTests", Vr.LO, VrChoice.None, "1", false, Creator));

    public static TheoryData<string, string, bool> Conditions { get; } = new()
    {
        { "BodyPartExamined", "CHEST", true },
        { "0018,0015", "HEAD", false },
        { "InstitutionalDepartmentName", "Röntgen*", true },
        { "KVP", "100..140", true },
        { "KVP", "..80", false },
        { "Rows", "512", true },
        { "Rows", "256", false },
        { "SmallestImagePixelValue", "-5..-3", true },
        { "PatientComments", "", true },
        { "PatientComments", "?*", false },
        { "TransferSyntaxUID", "1.2.840.10008.1.2*", true },
        { "TransferSyntaxUID", "1.2.840.10008.1.2.4.*", false },
        { "RequestAttributesSequence[*].AccessionNumber", "B*", true },
        { "RequestAttributesSequence[0].AccessionNumber", "B*", false },
        { "RequestAttributesSequence[1].ScheduledProtocolCodeSequence[*].CodeValue", "P7", true },
        { "RequestAttributesSequence[*].ScheduledProtocolCodeSequence[*].CodeValue", "P8", false },
        { "RequestAttributesSequence[*].StudyID", "", true },
        { "0407,1102", "to the archive", true },
        { "0407,1002", "of another creator", true },
        { "TagOfRulesTests", "to the archive", true },
        { "TagOfRulesTests", "of another creator", false },
        { "0409,1001", "undeclared", true },
    };

    [Theory]
    [MemberData(nameof(Conditions))]
    public void AnyElementCanBeAskedFor(string tag, string pattern, bool expected)
    {
        TagPath path = TagPath.Parse(tag);
        Assert.Null(TagCondition.WhyNever(path));
        TagCondition condition = new(path, [ValuePattern.Parse(pattern, out _)!]);
        HeaderScan scan = new();
        foreach (TransferSyntax syntax in (TransferSyntax[])[TransferSyntax.ImplicitVrLittleEndian, TransferSyntax.ExplicitVrLittleEndian, TransferSyntax.ExplicitVrBigEndian])
        {
            byte[] bytes = DicomWriter.ToArray(Instance(), syntax);
            HeaderScanner.ScanDataSet(bytes, bytes.Length, syntax, new ScanPlan([.. MainTags.Default.All, .. condition.ScannedTags]), scan);
            Assert.True(expected == condition.Matches(scan, OrthancEncoding.Latin1), $"{syntax.Uid}");
        }
    }

    [Fact]
    public void WhatIsDamagedOrTooLongCountsAsEmpty()
    {
        TagCondition condition = new(TagPath.Parse("RequestAttributesSequence[*].AccessionNumber"), [ValuePattern.Parse("B*", out _)!]);
        DataSet instance = Instance();
        byte[] bytes = DicomWriter.ToArray(instance, TransferSyntax.ExplicitVrLittleEndian);
        HeaderScan scan = new();
        HeaderScanner.ScanDataSet(bytes, bytes.Length, TransferSyntax.ExplicitVrLittleEndian, new ScanPlan(condition.ScannedTags, maximumValueLength: 16), scan);
        Assert.True(scan.IsTooLong(DicomTags.RequestAttributesSequence));
        Assert.False(condition.Matches(scan, OrthancEncoding.Latin1));
    }

    private static DataSet Instance()
    {
        DataSet instance = new();
        instance.SetString(DicomTags.SpecificCharacterSet, "ISO_IR 100");
        instance.SetString(DicomTags.SOPInstanceUID, "1.2.3");
        instance.SetString(DicomTag.Parse("InstitutionalDepartmentName"), "Röntgen 3");
        instance.SetString(DicomTags.BodyPartExamined, "CHEST");
        instance.SetString(DicomTags.KVP, "120");
        instance.SetInteger(DicomTags.Rows, 512);
        instance.SetInteger(DicomTags.PixelRepresentation, 1);
        instance.SetInteger(DicomTags.SmallestImagePixelValue, -4, Vr.SS);
        DataSet first = new();
        first.SetString(DicomTags.AccessionNumber, "A1");
        DataSet second = new();
        second.SetString(DicomTags.AccessionNumber, "B2");
        DataSet code = new();
        code.SetString(DicomTags.CodeValue, "P7");
        second.SetItems(DicomTag.Parse("ScheduledProtocolCodeSequence"), [code]);
        instance.SetItems(DicomTags.RequestAttributesSequence, [first, second]);
        instance.SetString(new DicomTag(0x0407, 0x0010), "SOMEONE ELSE", Vr.LO);
        instance.SetString(new DicomTag(0x0407, 0x0011), Creator, Vr.LO);
        instance.SetString(new DicomTag(0x0407, 0x1002), "of another creator", Vr.LO);
        instance.SetString(new DicomTag(0x0407, 0x1102), "to the archive", Vr.LO);
        instance.SetString(new DicomTag(0x0409, 0x0010), "NOBODY KNOWS", Vr.LO);
        instance.SetString(new DicomTag(0x0409, 0x1001), "undeclared", Vr.LO);
        return instance;
    }
}
