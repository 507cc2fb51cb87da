using System.Text;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Engine.Modification.Deidentification;
using Edge.Unit.Tests.Dicom;
using Xunit;

namespace Edge.Unit.Tests.Engine.Modification;

public sealed class DeidentificationTests
{
    public static TheoryData<string, string> Files
    {
        get
        {
            TheoryData<string, string> files = [];
            // Directories name files, which no profile touches; they are not stored as instances.
            foreach (string file in Corpus.Files.Where(static file => !Path.GetFileName(file).StartsWith("DICOMDIR", StringComparison.Ordinal)))
            {
                files.Add(Path.GetFileName(file), "2023b");
                files.Add(Path.GetFileName(file), "2024e");
            }

            return files;
        }
    }

    [Fact]
    public void NestedDataIsAnonymizedToo()
    {
        DataSet dataSet = Modifying.Sample();
        dataSet.GetItems(DicomTags.ReferencedImageSequence)[0].SetBytes(new DicomTag(0x00340005), new byte[] { 1, 2 }, Vr.OB);
        dataSet.Anonymize();
        Assert.Equal("Nobody7", dataSet.GetString(DicomTags.PatientName));
        Assert.Equal(36, dataSet.GetString(DicomTags.PatientID)!.Length);
        Assert.Equal("YES", dataSet.GetString(DicomTags.PatientIdentityRemoved));
        Assert.Equal("Test 1 - PS 3.15-2023b Table E.1-1 Basic Profile", dataSet.GetString(DicomTags.DeidentificationMethod));
        Assert.Equal("", dataSet.GetString(DicomTags.StudyDate));
        Assert.False(dataSet.Contains(DicomTags.StationName));
        DataSet item = dataSet.GetItems(DicomTags.ReferencedImageSequence)[0];
        Assert.Equal("", item.GetString(DicomTags.StudyDate));
        Assert.Equal("", item.GetString(DicomTags.PatientName));
        Assert.False(item.Contains(DicomTags.StudyDescription));
        Assert.False(item.Contains(new DicomTag(0x00340005)));
        Assert.DoesNotContain(item, static element => element.Tag.IsPrivate);
        Assert.Equal(UidRegistry.MrImageStorage, item.GetString(DicomTags.ReferencedSOPClassUID));
    }

    [Fact]
    public void StandardTagsInPrivateSequencesAreAnonymizedToo()
    {
        DicomTag sequence = new(0x00091002);
        DataSet dataSet = Modifying.Sample();
        DataSet inner = new();
        inner.SetString(DicomTags.InstanceCreatorUID, "1.2.3.8", Vr.UI);
        inner.SetString(DicomTags.PatientName, "Müller^Jörg", Vr.PN);
        inner.SetString(DicomTags.SOPClassUID, UidRegistry.MrImageStorage, Vr.UI);
        inner.SetString(new DicomTag(0x00090010), "OWNER", Vr.LO);
        inner.SetString(new DicomTag(0x00091001), "own", Vr.LO);
        dataSet.SetItems(sequence, [inner]);
        dataSet.Anonymize("""{"KeepPrivateTags":true,"Keep":["0009,1002[*].SOPClassUID"]}""");
        DataSet item = Assert.Single(dataSet.GetItems(sequence));
        Assert.NotEqual("1.2.3.8", item.GetString(DicomTags.InstanceCreatorUID));
        Assert.Equal("", item.GetString(DicomTags.PatientName));
        Assert.Equal(("own", UidRegistry.MrImageStorage), (item.GetString(new DicomTag(0x00091001)), item.GetString(DicomTags.SOPClassUID)));
    }

    [Fact]
    public void APrivateSequenceThatIsKeptStaysWhole()
    {
        DicomTag sequence = new(0x00091002);
        DataSet dataSet = Modifying.Sample();
        DataSet inner = new();
        inner.SetString(DicomTags.PatientName, "Kept", Vr.PN);
        dataSet.SetItems(sequence, [inner]);
        dataSet.Anonymize("""{"Keep":["0009,1002"]}""");
        Assert.Equal("Kept", Assert.Single(dataSet.GetItems(sequence)).GetString(DicomTags.PatientName));
    }

    [Fact]
    public void ReferencesStillResolve()
    {
        DataSet one = Modifying.Sample(), two = Modifying.Sample("1.2.3.1.1.2", "1.2.3.1.7");
        one.Anonymize();
        two.Anonymize();
        Assert.Equal(two.GetString(DicomTags.SOPInstanceUID), one.GetItems(DicomTags.ReferencedImageSequence)[0].GetString(DicomTags.ReferencedSOPInstanceUID));
        Assert.Equal(two.GetString(DicomTags.StudyInstanceUID), one.GetString(DicomTags.StudyInstanceUID));
        Assert.Equal(two.GetString(DicomTags.FrameOfReferenceUID), one.GetString(DicomTags.FrameOfReferenceUID));
        Assert.NotEqual("1.2.3.9", one.GetString(DicomTags.FrameOfReferenceUID));
        Assert.NotEqual(two.GetString(DicomTags.SeriesInstanceUID), one.GetString(DicomTags.SeriesInstanceUID));
    }

    [Fact]
    public void AReplacedStudyUidIsFollowedByWhatNamesIt()
    {
        DataSet dataSet = Modifying.Sample();
        DataSet study = new();
        study.SetString(DicomTags.ReferencedSOPInstanceUID, "1.2.3.1", Vr.UI);
        DataSet frame = new();
        frame.SetItems(new DicomTag(0x30060012), [study]);
        dataSet.SetItems(new DicomTag(0x30060010), [frame]);
        dataSet.Anonymize("{\"Replace\":{\"StudyInstanceUID\":\"1.2.3.4\"},\"Force\":true}");
        Assert.Equal("1.2.3.4", dataSet.GetString(DicomTags.StudyInstanceUID));
        Assert.Equal("1.2.3.4", dataSet.GetItems(new DicomTag(0x30060010))[0].GetItems(new DicomTag(0x30060012))[0].GetString(DicomTags.ReferencedSOPInstanceUID));
    }

    [Fact]
    public void WhatIsKeptStays()
    {
        DataSet dataSet = Modifying.Sample();
        dataSet.Anonymize("{\"Keep\":[\"StudyDescription\",\"0009,1001\",\"ReferencedImageSequence[*].ReferencedSOPInstanceUID\"]}");
        Assert.Equal("Knee", dataSet.GetString(DicomTags.StudyDescription));
        Assert.Equal("secret", dataSet.GetString(new DicomTag(0x00091001)));
        Assert.Equal("1.2.3.1.1.2", dataSet.GetItems(DicomTags.ReferencedImageSequence)[0].GetString(DicomTags.ReferencedSOPInstanceUID));
        Assert.Equal("Test 1", dataSet.GetString(DicomTags.DeidentificationMethod));
    }

    // In the items a replaced tag is what the profile makes of it, not what it was.
    [Fact]
    public void AReplacedTagDoesNotSurviveInItems()
    {
        DataSet dataSet = Modifying.Sample();
        dataSet.Anonymize("{\"Replace\":{\"StudyDescription\":\"new\",\"PatientName\":\"N\"}}");
        Assert.Equal("new", dataSet.GetString(DicomTags.StudyDescription));
        Assert.False(dataSet.GetItems(DicomTags.ReferencedImageSequence)[0].Contains(DicomTags.StudyDescription));
        Assert.Equal("", dataSet.GetItems(DicomTags.ReferencedImageSequence)[0].GetString(DicomTags.PatientName));
    }

    [Fact]
    public void ASequenceThatIsHiddenInUnknownBytesIsLookedThrough()
    {
        DataSet hidden = new();
        hidden.SetString(DicomTags.PatientName, "Hidden^Name", Vr.PN);
        hidden.SetString(DicomTags.CodeMeaning, "kept", Vr.LO);
        DataSet holder = new();
        holder.SetItems(DicomTags.ReferencedImageSequence, [hidden]);
        byte[] bytes = DicomWriter.ToArray(holder, TransferSyntax.ImplicitVrLittleEndian);
        DataSet dataSet = Modifying.Sample();
        dataSet.Set(new DicomElement(DicomTags.ReferencedImageSequence, Vr.UN, bytes.AsMemory(8)));
        dataSet.Anonymize();
        DataSet item = Assert.Single(dataSet.GetItems(DicomTags.ReferencedImageSequence));
        Assert.Equal("", item.GetString(DicomTags.PatientName));
        Assert.Equal("kept", item.GetString(DicomTags.CodeMeaning));

        DicomTag unknown = new(0x00091002);
        dataSet.Set(new DicomElement(unknown, Vr.UN, bytes.AsMemory(8)));
        DicomTag opaque = new(0x00091003);
        dataSet.Set(new DicomElement(opaque, Vr.UN, (byte[])[0xFE, 0xFF, 0x00, 0xE0, 0xFF, 0, 0, 0, 1, 2]));
        dataSet.Anonymize("""{"KeepPrivateTags":true}""");
        item = Assert.Single(dataSet.GetItems(unknown));
        Assert.Equal(("", "kept"), (item.GetString(DicomTags.PatientName), item.GetString(DicomTags.CodeMeaning)));
        Assert.Equal(10, dataSet.Find(opaque)!.Value.Length); // no items: nothing that could be looked through

        dataSet.Set(new DicomElement(DicomTags.ReferencedImageSequence, Vr.UN, "Hidden^Name!"u8.ToArray()));
        dataSet.Anonymize();
        Assert.Empty(dataSet.GetItems(DicomTags.ReferencedImageSequence));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void NothingThatIdentifiesIsLeftInTheCorpus(string name, string edition)
    {
        DicomFile file;
        try
        {
            file = DicomFile.Read(File.ReadAllBytes(Corpus.Path(name)!));
        }
        catch (DicomFormatException)
        {
            Assert.Skip("not readable at all");
            return;
        }

        DeidentificationProfile profile = DeidentificationProfile.Require(edition);
        Dictionary<string, DicomTag> identifying = new(StringComparer.Ordinal);
        HashSet<string> harmless = new(StringComparer.Ordinal);
        Collect(file.DataSet, profile, isHidden: false, identifying, harmless);
        file.DataSet.Anonymize($"{{\"DicomVersion\":\"{edition}\"}}");
        file.Meta = null;
        file.Preamble = null;
        FileMetaInformation.Ensure(file);
        file.TransferSyntax = file.TransferSyntax.IsDeflated ? TransferSyntax.ExplicitVrLittleEndian : file.TransferSyntax;
        file.DataSet.Remove(DicomTags.PixelData);
        byte[] written = file.ToArray();
        Assert.SkipWhen(identifying.Count == 0, "there is nothing in it that a profile touches");
        foreach ((string value, DicomTag tag) in identifying)
        {
            // What a value that may stay holds too, such as the name of the manufacturer, tells nothing.
            if (harmless.Any(kept => kept.Contains(value, StringComparison.Ordinal)))
            {
                continue;
            }

            foreach (Encoding encoding in (Encoding[])[Encoding.UTF8, Encoding.Latin1, Encoding.Unicode, Encoding.BigEndianUnicode])
            {
                Assert.False(written.AsSpan().IndexOf(encoding.GetBytes(value)) >= 0, $"{name}: the value of {tag} is left, in {encoding.WebName}");
            }
        }
    }

    // Each value of four characters or more of what the profile touches, private or nested as it may be, as text and as the bytes of the file.
    private static void Collect(DataSet dataSet, DeidentificationProfile profile, bool isHidden, Dictionary<string, DicomTag> identifying, HashSet<string> harmless)
    {
        foreach (DicomElement element in dataSet)
        {
            bool goes = isHidden || element.Tag.IsPrivate || profile.ActionOf(element.Tag) != ProfileAction.None;
            if (element.Items is { } items)
            {
                foreach (DataSet item in items)
                {
                    Collect(item, profile, goes, identifying, harmless);
                }

                continue;
            }

            if (element.Tag.IsPixelData || element.Value.Length is < 4 or > 1024 || !(VrInfo.IsText(element.Vr) || element.Vr == Vr.UN))
            {
                continue;
            }

            foreach (string? value in (string?[])[dataSet.GetString(element.Tag), Encoding.Latin1.GetString(element.Value.Span).Trim(' ', '\0')])
            {
                if (value is { Length: >= 4 } && !value.StartsWith("1.2.840.10008.", StringComparison.Ordinal) && value.Any(static c => char.IsLetterOrDigit(c) && c != '0'))
                {
                    if (goes)
                    {
                        identifying.TryAdd(value, element.Tag);
                    }
                    else
                    {
                        harmless.Add(value);
                    }
                }
            }
        }
    }
}
