using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;
using Edge.Dicom.Writing;
using Xunit;

namespace Edge.Unit.Tests.Dicom;

public sealed class DataSetTests
{
    [Fact]
    public void ElementsStayInTagOrder()
    {
        var dataSet = new DataSet();
        dataSet.SetString(DicomTags.PatientID, "P");
        dataSet.SetString(DicomTags.Modality, "CT");
        dataSet.SetString(DicomTags.PatientName, "N");
        dataSet.SetString(DicomTags.PatientID, "Q");
        Assert.Equal([DicomTags.Modality, DicomTags.PatientName, DicomTags.PatientID], dataSet.Select(e => e.Tag));
        Assert.Equal("Q", dataSet.GetString(DicomTags.PatientID));
        Assert.True(dataSet.Remove(DicomTags.PatientName));
        Assert.False(dataSet.Remove(DicomTags.PatientName));
        Assert.Null(dataSet.GetString(DicomTags.PatientName));
        Assert.Equal(1, dataSet.RemoveAll(e => e.Tag == DicomTags.Modality));
    }

    [Fact]
    public void NumbersAreReadFromTextAndBinary()
    {
        DataSet dataSet = new DataSetBuilder().Add(DicomTags.WindowCenter, "40 \\-1.5e2").Add(DicomTags.InstanceNumber, " +7 ").Add(DicomTags.Rows, 512)
            .Add(DicomTags.NumberOfFrames, "3.0").Add(DicomTags.PixelRepresentation, 1).Add(new DicomTag(0x00280106), "-5").Build();
        Assert.Equal([40, -150], dataSet.GetDoubles(DicomTags.WindowCenter));
        Assert.Equal(-150, dataSet.GetInteger(DicomTags.WindowCenter, 1));
        Assert.Null(dataSet.GetInteger(DicomTags.WindowCenter, 2));
        Assert.Equal(7, dataSet.GetInt32(DicomTags.InstanceNumber));
        Assert.Equal(3, dataSet.GetInt32(DicomTags.NumberOfFrames));
        Assert.Equal(512, dataSet.GetDouble(DicomTags.Rows));
        Assert.Equal(Vr.SS, dataSet.Find(new DicomTag(0x00280106))?.Vr);
        Assert.Equal(-5, dataSet.GetInt32(new DicomTag(0x00280106)));
        Assert.Null(dataSet.GetDouble(DicomTags.PatientName));
        Assert.Empty(dataSet.GetDoubles(DicomTags.PatientName));
        dataSet.SetDoubles(DicomTags.PixelSpacing, [1.0 / 3, 1e-10]);
        Assert.All(dataSet.GetStrings(DicomTags.PixelSpacing), text => Assert.InRange(text.Length, 1, 16));
        Assert.Equal(1.0 / 3, dataSet.GetDouble(DicomTags.PixelSpacing)!.Value, 12);
    }

    [Theory]
    [InlineData(Vr.US, "70000")]
    [InlineData(Vr.US, "x")]
    [InlineData(Vr.AT, "no tag")]
    [InlineData(Vr.FD, "")]
    public void WhatIsNoValueOfTheVrIsRefused(Vr vr, string text)
    {
        var dataSet = new DataSet();
        if (text.Length == 0)
        {
            dataSet.SetString(DicomTags.Rows, text, vr);
            Assert.Equal(0, dataSet.GetBytes(DicomTags.Rows)?.Length);
            return;
        }

        EdgeException error = Assert.Throws<EdgeException>(() => dataSet.SetString(DicomTags.Rows, text, vr));
        Assert.Equal(ErrorCode.BadParameterType, error.Code);
        Assert.Contains("0028,0010", error.Detail);
    }

    [Fact]
    public void PrivateBlocksAreReservedAndFound()
    {
        var dataSet = new DataSet();
        DicomTag a = dataSet.ReservePrivateTag("ACME", 0x0011, 0x01);
        dataSet.SetString(a, "1", Vr.LO);
        DicomTag b = dataSet.ReservePrivateTag("OTHER", 0x0011, 0x01);
        dataSet.SetString(b, "2", Vr.LO);
        Assert.Equal((0x00111001u, 0x00111101u), (a.Value, b.Value));
        Assert.Equal(a, dataSet.ReservePrivateTag("ACME", 0x0011, 0x01));
        Assert.Equal("OTHER", dataSet.FindPrivateCreator(b));
        Assert.Equal(b, dataSet.FindPrivateTag("OTHER", 0x0011, 0x01));
        Assert.Null(dataSet.FindPrivateTag("NOBODY", 0x0011, 0x01));
        Assert.Null(dataSet.FindPrivateCreator(new DicomTag(0x00111201)));
        Assert.Throws<ArgumentOutOfRangeException>(() => dataSet.ReservePrivateTag("X", 0x0010, 1));
    }

    [Fact]
    public void AClonesStructureIsItsOwn()
    {
        DataSet original = Samples.DataSet();
        DataSet clone = original.Clone();
        clone.GetItems(DicomTags.ReferencedStudySequence)[0].Remove(DicomTags.ReferencedSOPInstanceUID);
        clone.Remove(DicomTags.PatientID);
        Assert.Equal("1.9", original.GetItems(DicomTags.ReferencedStudySequence)[0].GetString(DicomTags.ReferencedSOPInstanceUID));
        Assert.Equal("PAT-1", original.GetString(DicomTags.PatientID));
        Assert.Same(clone, clone.GetItems(DicomTags.ReferencedStudySequence)[0].Parent);
    }

    [Theory]
    [InlineData("1.2.840.10008.1.2")]
    [InlineData("1.2.840.10008.1.2.1")]
    [InlineData("1.2.840.10008.1.2.2")]
    [InlineData("1.2.840.10008.1.2.1.99")]
    public void LengthsAreWrittenAsAsked(string uid)
    {
        TransferSyntax syntax = TransferSyntax.Find(uid)!;
        byte[] reference = DicomWriter.ToArray(Samples.DataSet(), TransferSyntax.ExplicitVrLittleEndian);
        foreach (SequenceLengths lengths in Enum.GetValues<SequenceLengths>())
        {
            byte[] bytes = DicomWriter.ToArray(Samples.DataSet(undefinedLengths: true), syntax, new DicomWriteOptions { SequenceLengths = lengths });
            DataSet read = DicomReader.ReadDataSet(bytes, syntax, out IReadOnlyList<DamageNote> notes);
            Assert.Empty(notes);
            Assert.Equal(lengths != SequenceLengths.Defined, read.Find(DicomTags.ReferencedStudySequence)!.IsUndefinedLength);
            byte[] back = DicomWriter.ToArray(read, TransferSyntax.ExplicitVrLittleEndian, new DicomWriteOptions { SequenceLengths = SequenceLengths.Defined });
            Assert.Equal(reference, back);
            if (!syntax.IsDeflated)
            {
                Assert.Equal(bytes.Length, DicomWriter.Measure(Samples.DataSet(true), syntax, new DicomWriteOptions { SequenceLengths = lengths }));
            }
        }
    }

    [Fact]
    public void GroupLengthsAreWorkedOutAgainKeptOrRemoved()
    {
        DataSet dataSet = new DataSetBuilder().Add(new DicomTag(0x00080000), 999).Add(DicomTags.Modality, "CT").Add(new DicomTag(0x00100000), 999)
            .Add(DicomTags.PatientID, "P1").Add(DicomTags.PatientSex, "M").Build();
        DataSet Read(GroupLengths lengths) => DicomReader.ReadDataSet(
            DicomWriter.ToArray(dataSet, TransferSyntax.ExplicitVrLittleEndian, new DicomWriteOptions { GroupLengths = lengths }), TransferSyntax.ExplicitVrLittleEndian);
        Assert.Equal((10L, 20L), (Read(GroupLengths.Recalculate).GetInteger(new DicomTag(0x00080000)), Read(GroupLengths.Recalculate).GetInteger(new DicomTag(0x00100000))));
        Assert.Equal(999, Read(GroupLengths.Keep).GetInteger(new DicomTag(0x00080000)));
        Assert.Equal(3, Read(GroupLengths.Remove).Count);
    }

    [Fact]
    public void AValueTooLongForItsVrBecomesUn()
    {
        DataSet dataSet = new DataSetBuilder().Add(DicomTags.ImageComments, new string('x', 70_000), Vr.LT).Build();
        DataSet read = DicomReader.ReadDataSet(DicomWriter.ToArray(dataSet, TransferSyntax.ExplicitVrLittleEndian), TransferSyntax.ExplicitVrLittleEndian);
        Assert.Equal((Vr.UN, 70_000), (read.Find(DicomTags.ImageComments)!.Vr, read.Find(DicomTags.ImageComments)!.Value.Length));
    }

    [Fact]
    public void MetaInformationIsBuiltAndKeptInLine()
    {
        byte[] head = FileMetaInformation.Encode("1.2.840.10008.5.1.4.1.1.2", "1.2.3", TransferSyntax.JpegBaseline.Uid);
        Assert.Equal(132 + 12 + 14 + 34 + 14 + 30 + 36 + 24, head.Length); // as long as DCMTK's, whose class UID has 27 characters and version name 15
        byte[] file = [.. head, .. DicomWriter.ToArray(new DataSetBuilder().AddIdentifiers("P", "1", "2", "1.2.3").Build(), TransferSyntax.JpegBaseline)];
        var scan = new HeaderScan();
        HeaderScanner.Scan(file, file.Length, ScanPlan.Identifiers, scan);
        Assert.Equal((head.Length, global::Edge.Core.Ids.Implementation.ClassUid), ((int)scan.DataSetOffset, scan.ImplementationClassUid));
        Assert.Same(TransferSyntax.JpegBaseline, scan.TransferSyntax);
        Assert.InRange(global::Edge.Core.Ids.Implementation.VersionName.Length, 1, 16);
        DicomFile read = DicomFile.Read(file);
        read.Meta!.SetString(DicomTags.SourceApplicationEntityTitle, "SENDER", Vr.AE);
        read.DataSet.SetString(DicomTags.SOPInstanceUID, "9.9");
        read.TransferSyntax = TransferSyntax.ExplicitVrLittleEndian;
        FileMetaInformation.Ensure(read);
        DicomFile again = DicomFile.Read(read.ToArray());
        Assert.Equal(("9.9", TransferSyntax.ExplicitVrLittleEndian.Uid, "SENDER"),
            (again.Meta!.GetString(DicomTags.MediaStorageSOPInstanceUID), again.Meta.GetString(DicomTags.TransferSyntaxUID), again.Meta.GetString(DicomTags.SourceApplicationEntityTitle)));
        Assert.Empty(again.Notes);
    }

    [Theory]
    [InlineData("P ", "P")]
    [InlineData(" P", " P")]
    [InlineData("A\0 ", "A")]
    [InlineData("A \0", "A ")]
    [InlineData("\0A", "")]
    [InlineData("A\\B", "A\\B")]
    [InlineData("", "")]
    public void IdentifiersArePreparedAsOrthancDoes(string stored, string patientId)
    {
        byte[] file = new DataSetBuilder().AddIdentifiers(stored, "1.2 ", "1.3", "1.4").ToArray();
        var scan = new HeaderScan();
        HeaderScanner.Scan(file, file.Length, ScanPlan.Identifiers, scan);
        OrthancIdentifiers ids = OrthancIdentifiers.From(scan);
        Assert.Equal((patientId, "1.2", "1.3", "1.4"), (ids.PatientId, ids.StudyInstanceUid, ids.SeriesInstanceUid, ids.SopInstanceUid));
        Assert.Equal(ResourceId.ForInstance(patientId, "1.2", "1.3", "1.4"), ids.Instance);
        Assert.Equal(ids, OrthancIdentifiers.From(DicomFile.Read(file).DataSet));
    }

    [Theory]
    [InlineData("absent", ErrorCode.InexistentTag)]
    [InlineData("empty", ErrorCode.BadFileFormat)]
    [InlineData("long", ErrorCode.BadParameterType)]
    public void BadIdentifiersAreNamed(string what, ErrorCode code)
    {
        DataSet dataSet = new DataSetBuilder().AddIdentifiers(what == "long" ? new string('x', 257) : "P", "1", "2", "3").Build();
        if (what == "absent")
        {
            dataSet.Remove(DicomTags.StudyInstanceUID);
        }
        else if (what == "empty")
        {
            dataSet.SetString(DicomTags.StudyInstanceUID, "");
        }

        EdgeException error = Assert.Throws<EdgeException>(() => OrthancIdentifiers.From(dataSet));
        Assert.Equal(code, error.Code);
        Assert.Contains(what == "long" ? "PatientID" : "StudyInstanceUID", error.Detail);
    }

    [Fact]
    public void MainTagsAreOrthancs()
    {
        MainTags tags = MainTags.Default;
        Assert.Equal((5, 11, 26, 11), (tags.Of(ResourceLevel.Patient).Count, tags.Of(ResourceLevel.Study).Count, tags.Of(ResourceLevel.Series).Count, tags.Of(ResourceLevel.Instance).Count));
        Assert.Equal("0010,0010;0010,0020;0010,0030;0010,0040;0010,1000", tags.Signature(ResourceLevel.Patient));
        Assert.Equal("0008,0012;0008,0013;0008,0018;0020,0012;0020,0013;0020,0032;0020,0037;0020,0100;0020,4000;0028,0008;0054,1330", tags.Signature(ResourceLevel.Instance));
        MainTags more = MainTags.With([(ResourceLevel.Patient, DicomTags.PatientAge)]);
        Assert.True(more.Contains(ResourceLevel.Patient, DicomTags.PatientAge) && more.All.Contains(DicomTags.PatientAge));
        Assert.Equal("0010,0010;0010,0020;0010,0030;0010,0040;0010,1000;0010,1010", more.Signature(ResourceLevel.Patient));
        Assert.Equal(ErrorCode.MainDicomTagsMultiplyDefined, Assert.Throws<EdgeException>(() => MainTags.With([(ResourceLevel.Patient, DicomTags.PatientID)])).Code);
        Assert.Throws<EdgeException>(() => MainTags.With([(ResourceLevel.Study, new DicomTag(0x00091001))]));
    }

    [Fact]
    public void PersonNamesHaveThreeGroups()
    {
        Assert.Equal(new PersonName("A^B", "I", "P"), PersonName.Parse("A^B=I=P"));
        Assert.Equal("A=I", new PersonName("A", "I", "").ToString());
        Assert.Equal(["F", "G", "", "P", ""], PersonName.Components("F^G^^P"));
    }
}
