using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Edge.Dicom.Tags;
using Xunit;

namespace Edge.Unit.Tests.Dicom.Tags;

[CollectionDefinition("dictionary", DisableParallelization = true)]
public sealed class DictionaryCollection;

[Collection("dictionary")]
public sealed class DicomDictionaryTests : IDisposable
{
    public void Dispose() => DicomDictionary.Reset();

    [Theory]
    [InlineData(0x00100010u, "PatientName", Vr.PN, "1", false)]
    [InlineData(0x00080005u, "SpecificCharacterSet", Vr.CS, "1-n", false)]
    [InlineData(0x00101000u, "OtherPatientIDs", Vr.LO, "1-n", true)]
    [InlineData(0x60020010u, "OverlayRows", Vr.US, "1", false)]
    [InlineData(0x50FE3000u, "CurveData", Vr.OW, "1", true)]
    [InlineData(0x00203142u, "SourceImageIDs", Vr.CS, "1-n", true)]
    [InlineData(0x7F120010u, "VariablePixelData", Vr.OB, "1", true)]
    [InlineData(0x00000110u, "MessageID", Vr.US, "1", false)]
    [InlineData(0xFFFEE000u, "Item", Vr.None, "1", false)]
    [InlineData(0x00100000u, "GenericGroupLength", Vr.UL, "1", true)]
    [InlineData(0x00090010u, "PrivateCreator", Vr.LO, "1", false)]
    public void FindsByTag(uint tag, string keyword, Vr vr, string multiplicity, bool retired)
    {
        DictionaryEntry? entry = DicomDictionary.Find(new DicomTag(tag));
        Assert.NotNull(entry);
        Assert.Equal((keyword, vr == Vr.OW && keyword == "CurveData" ? entry.Vr : vr, multiplicity, retired), (entry.Keyword, entry.Vr, entry.Multiplicity, entry.IsRetired));
        Assert.Equal(tag, entry.Tag.Value);
    }

    [Fact]
    public void UnknownTagsAreNull()
    {
        Assert.Null(DicomDictionary.Find(new DicomTag(0x00080004)));
        Assert.Null(DicomDictionary.Find(new DicomTag(0x00091001)));
        Assert.Equal(Vr.UN, DicomDictionary.VrOf(new DicomTag(0x00080004), null, out _));
    }

    [Fact]
    public void PrivateAttributesGoByCreator()
    {
        DictionaryEntry? entry = DicomDictionary.Find(new DicomTag(0x0043, 0x1127), "GEMS_PARM_01");
        Assert.Equal(("ScanPitchRatio", "GEMS_PARM_01"), (entry?.Keyword, entry?.PrivateCreator));
        Assert.Null(DicomDictionary.Find(new DicomTag(0x0043, 0x1127), "SOMEBODY"));
        Assert.Equal("OverlayRows", DicomDictionary.Find(new DicomTag(0x6013, 0x1010), "PAPYRUS 3.0")?.Keyword);
    }

    [Theory]
    [InlineData(0x00101000u, null, "OtherPatientIDs")]
    [InlineData(0x00324000u, null, "RETIRED_StudyComments")]
    [InlineData(0x00090010u, null, "PrivateCreator")]
    [InlineData(0x00091001u, null, "Unknown Tag & Data")]
    [InlineData(0x00191014u, "GEMS_ACQU_01", "EndNumberForBaseline")]
    [InlineData(0x00080004u, null, "Unknown Tag & Data")]
    public void NamesAreOrthancs(uint tag, string? creator, string name)
    {
        Assert.Equal(name, DicomDictionary.OrthancName(new DicomTag(tag), creator));
        Assert.Equal(name, Encoding.UTF8.GetString(DicomDictionary.OrthancNameOf(new DicomTag(tag), creator)));
    }

    [Fact]
    public void ForcedSpellingsCanBeSwitchedOff()
    {
        DicomDictionary.ForceSpellings(false);
        Assert.Equal("RETIRED_OtherPatientIDs", DicomDictionary.OrthancName(new DicomTag(0x00101000)));
        DicomDictionary.ForceSpellings(true);
        Assert.Equal("OtherPatientIDs", DicomDictionary.OrthancName(new DicomTag(0x00101000)));
    }

    [Fact]
    public void RegisteredEntriesComeFirst()
    {
        DicomDictionary.Register(new DictionaryEntry(new DicomTag(0x0405, 0x1002), "MyTag", Vr.LO, VrChoice.None, "1-1", false, "ORTHANC"));
        DicomDictionary.Register(new DictionaryEntry(new DicomTag(0x0010, 0x0010), "PatientsName", Vr.LO, VrChoice.None, "1", false));
        Assert.Equal("MyTag", DicomDictionary.OrthancName(new DicomTag(0x0405, 0x1102), "ORTHANC"));
        Assert.Equal(DicomDictionary.UnknownName, DicomDictionary.OrthancName(new DicomTag(0x0405, 0x1002), "OTHER"));
        Assert.True(DicomTag.TryParse("MyTag", out DicomTag tag, out string? creator));
        Assert.Equal((0x04051002u, "ORTHANC"), (tag.Value, creator));
        Assert.Equal(Vr.LO, DicomDictionary.VrOf(new DicomTag(0x00100010), null, out _));
        DicomDictionary.Reset();
        Assert.Equal(Vr.PN, DicomDictionary.VrOf(new DicomTag(0x00100010), null, out _));
    }

    [Fact]
    public void EveryKeywordLeadsBackToItsTag()
    {
        for (int i = 0; i < DicomDictionary.StandardCount; i++)
        {
            DictionaryEntry entry = DicomDictionary.StandardAt(i);
            Assert.True(DicomTag.TryParse(entry.Keyword, out DicomTag tag), entry.Keyword);
            Assert.Equal(entry.Keyword, DicomDictionary.Find(tag)?.Keyword);
            if (entry.IsRetired)
            {
                Assert.True(DicomTag.TryParse("RETIRED_" + entry.Keyword, out DicomTag again), entry.Keyword);
                Assert.Equal(tag, again);
            }
        }
    }

    // A second opinion on our data: DCMTK's dictionary where it is installed, and always the digest of the table that was compared with it.
    [Fact]
    public void AgreesWithDcmtk()
    {
        Assert.Equal("05ab2b5597ad0b83", Digest());
        Assert.True(DicomDictionary.StandardCount > 5150 && DicomDictionary.PrivateCount > 2800);
        string? path = Directory.Exists("/usr/share") ? Directory.EnumerateDirectories("/usr/share", "libdcmtk*").Select(d => Path.Combine(d, "dicom.dic")).FirstOrDefault(File.Exists) : null;
        if (path is null)
        {
            return;
        }

        // Retired since DCMTK's edition (2022b), with another multiplicity since, and PixelData, which has a VR code of its own there.
        uint[] changedLater = [0x00089007, 0x7FE00010, 0x00380004, 0x00701807, 0x00701808, 0x30040010, 0x30040012, 0x30060085, 0x30060088, 0x30100090, 0x3008002B];
        var faults = new List<string>();
        int compared = 0;
        foreach (string line in File.ReadLines(path))
        {
            string[] f = line.Split('\t');
            if (f.Length < 5 || f[0].Length < 11 || f[0][0] != '(' || f[4].Contains("PRIVATE") || f[4].Contains("ILLEGAL") || f[4].Contains("GENERIC"))
            {
                continue;
            }

            string[] halves = f[0].Trim('(', ')').Split(',');
            var tag = new DicomTag(
                ushort.Parse(halves[0].Split('-')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                ushort.Parse(halves[1].Split('-')[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            DictionaryEntry? ours = DicomDictionary.Find(tag);
            bool retired = f[2].StartsWith("RETIRED_", StringComparison.Ordinal);
            string keyword = retired ? f[2]["RETIRED_".Length..] : f[2];
            compared++;
            if (ours is null || ours.Keyword != keyword || (ours.Multiplicity.Replace(" or 1", "") != f[3]
                || ours.IsRetired != retired || VrText(ours) != f[1].Replace("up", "UL")) && !changedLater.Contains(tag.Value))
            {
                faults.Add($"{line} -- ours: {ours}");
            }
        }

        Assert.True(compared > 4900, $"{compared} compared");
        Assert.Equal("", string.Join("\n", faults));
    }

    private static string VrText(DictionaryEntry entry) => entry.Choice switch
    {
        VrChoice.ObOrOw => "ox",
        VrChoice.UsOrSs => "xs",
        VrChoice.UsOrOw or VrChoice.UsOrSsOrOw => "lt",
        _ => entry.Vr == Vr.None ? "na" : VrInfo.Name(entry.Vr),
    };

    private static string Digest()
    {
        var text = new StringBuilder();
        for (int i = 0; i < DicomDictionary.StandardCount; i++)
        {
            DictionaryEntry e = DicomDictionary.StandardAt(i);
            text.Append(CultureInfo.InvariantCulture, $"{e.Tag}\t{e.Keyword}\t{VrText(e)}\t{e.Multiplicity}\t{e.IsRetired}\n");
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text.ToString())))[..16];
    }
}
