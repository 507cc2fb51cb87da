using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Dicom.Writing;

namespace Edge.Fuzz.Tests.Dicom;

/// <summary>What the mutations start from: built files in every encoding, and the small ones of the corpus where that is there.</summary>
internal static class Seeds
{
    public static IReadOnlyList<byte[]> Files { get; } = [.. Built(), .. OfCorpus()];

    private static IEnumerable<byte[]> Built()
    {
        foreach (bool undefined in new[] { false, true })
        {
            foreach (TransferSyntax syntax in new[] { TransferSyntax.ImplicitVrLittleEndian, TransferSyntax.ExplicitVrLittleEndian, TransferSyntax.ExplicitVrBigEndian, TransferSyntax.DeflatedExplicitVrLittleEndian })
            {
                byte[] file = Builder(undefined).ToArray(syntax);
                yield return file;
                if (!undefined && !syntax.IsDeflated)
                {
                    yield return DicomWriter.ToArray(Builder(undefined).Build(), syntax);
                }
            }
        }

        yield return new DataSetBuilder().AddIdentifiers("P", "1.2", "1.3", "1.4").AddFragments([0, 0, 0, 0], [0xFF, 0xD8, 1, 2], [3, 4, 0xFF, 0xD9]).ToArray(TransferSyntax.JpegBaseline);
    }

    private static DataSetBuilder Builder(bool undefined) => new DataSetBuilder()
        .Add(DicomTags.SpecificCharacterSet, "ISO 2022 IR 100\\ISO 2022 IR 87").AddIdentifiers("PAT-1", "1.2.3", "1.2.3.4", "1.2.3.4.5")
        .Add(DicomTags.PatientName, "Müller^山田").Add(new DicomTag(0x00080000), 4)
        .Add(DicomTags.ReferencedStudySequence, undefined, new DataSetBuilder().Add(DicomTags.ReferencedSOPInstanceUID, "1.9")
            .Add(DicomTags.ReferencedImageSequence, undefined, new DataSetBuilder().Add(DicomTags.ReferencedFrameNumber, "1\\2"), new DataSetBuilder()))
        .Add(new DicomTag(0x00189306), "2.5", Vr.FD).Add(DicomTags.FrameIncrementPointer, "0018,1063", Vr.AT)
        .AddPrivate("GEMS_PARM_01", 0x0043, 0x27, Vr.SH, "1.5:1").AddImage(2, 2, 16, [1, 2, 3, 4, 5, 6, 7, 8]);

    private static IEnumerable<byte[]> OfCorpus()
    {
        string? folder = Environment.GetEnvironmentVariable("EDGE_CORPUS");
        for (string? at = AppContext.BaseDirectory; folder is null && at is not null; at = Path.GetDirectoryName(at))
        {
            string beside = Path.Combine(at, "shared", "corpus");
            folder = Directory.Exists(beside) ? beside : null;
        }

        return folder is null || !Directory.Exists(folder)
            ? []
            : Directory.EnumerateFiles(folder, "*.dcm", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Where(f => new FileInfo(f).Length < 8192).Select(File.ReadAllBytes);
    }
}
