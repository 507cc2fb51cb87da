using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Xunit;

namespace Edge.Unit.Tests.Dicom.Reading;

/// <summary>Every sample file reads, and comes out byte for byte, or for a listed reason not.</summary>
public sealed class CorpusTests
{
    private static readonly Dictionary<string, string> NotTheSame = new(StringComparer.Ordinal)
    {
        ["chrJapMulti.dcm"] = "wrong group length in the file",
        ["chrKoreanMulti.dcm"] = "wrong group length in the file",
        ["693_J2KI.dcm"] = "wrong group length in the file",
        ["MR_truncated.dcm"] = "truncated pixel data gets its real length",
        ["rtplan_truncated.dcm"] = "truncated",
        ["SC_rgb_jpeg.dcm"] = "implicit VR under a JPEG syntax is written as the syntax demands",
        ["DICOMDIR-nooffset"] = "the last item's length lies",
        ["image_dfl.dcm"] = "deflated anew",
        ["meta_missing_tsyntax.dcm"] = "the transfer syntax is added",
        ["nested_priv_SQ.dcm"] = "odd length made even",
        ["no_meta_group_length.dcm"] = "the group length is added",
    };

    private static readonly string[] NotDicom = ["README", "no_meta.dcm"];

    [Fact]
    public void EveryFileReadsAndComesOutTheSame()
    {
        foreach (string path in Corpus.Files)
        {
            string name = Path.GetFileName(path);
            byte[] bytes = File.ReadAllBytes(path);
            if (NotDicom.Contains(name))
            {
                Assert.Throws<DicomFormatException>(() => DicomFile.Read(bytes));
                continue;
            }

            DicomFile file = DicomFile.Read(bytes);
            byte[] written = file.ToArray();
            Assert.True(written.AsSpan().SequenceEqual(bytes) != NotTheSame.ContainsKey(name), $"{name}: differs at {written.AsSpan().CommonPrefixLength(bytes)}");

            // What was written reads as the same again.
            DicomFile again = DicomFile.Read(written);
            Assert.Equal(file.DataSet.Count, again.DataSet.Count);
            Assert.Equal(written, again.ToArray());
        }
    }

    [Fact]
    public void ScannerAndReaderAgree()
    {
        var scan = new HeaderScan();
        foreach (string path in Corpus.Files.Where(p => !NotDicom.Contains(Path.GetFileName(p))))
        {
            byte[] bytes = File.ReadAllBytes(path);
            DicomFile file = DicomFile.Read(bytes);
            HeaderScanner.Scan(bytes, bytes.Length, new ScanPlan(MainTags.Default.All), scan);
            Assert.Equal(file.TransferSyntax, scan.TransferSyntax);
            foreach (DicomTag tag in MainTags.Default.All)
            {
                Assert.Equal(file.DataSet.Contains(tag), scan.Contains(tag));
                Assert.Equal(file.DataSet.GetString(tag), scan.GetString(tag));
            }

            Assert.Equal(file.DataSet.Contains(DicomTags.PixelData), scan.HasPixelData);
            Assert.Equal(Try(() => OrthancIdentifiers.From(file.DataSet)), Try(() => OrthancIdentifiers.From(scan)));
            using var source = new FileByteSource(path);
            var windowed = new HeaderScan();
            Assert.Equal(scan.Outcome, HeaderScanner.Scan(source, new ScanPlan(MainTags.Default.All), windowed));
            Assert.Equal(scan.PixelDataOffset, windowed.PixelDataOffset);
            Assert.Equal(scan.GetString(DicomTags.SOPInstanceUID), windowed.GetString(DicomTags.SOPInstanceUID));
        }
    }

    [Fact]
    public void PixelDataCanBeLeftInTheFileAndWrittenFromThere()
    {
        foreach (string path in Corpus.Files.Where(p => !NotDicom.Contains(Path.GetFileName(p)) && !p.Contains("truncated")))
        {
            using var source = new FileByteSource(path);
            DicomFile left = DicomReader.ReadFile(source, new DicomReadOptions { PixelData = PixelDataReading.Leave });
            DicomFile loaded = DicomReader.ReadFile(source);
            Assert.Equal(loaded.DataSet.Count, left.DataSet.Count);
            using var stream = new MemoryStream();
            DicomWriter.WriteFile(stream, left);
            Assert.True(loaded.ToArray().AsSpan().SequenceEqual(stream.ToArray()), path);
            DicomFile head = DicomReader.ReadFile(source, DicomReadOptions.HeaderOnly);
            Assert.Null(head.DataSet.Find(DicomTags.PixelData));
            Assert.Equal(loaded.DataSet.Contains(DicomTags.PixelData), head.StoppedBeforePixelData);
        }
    }

    // Through every encoding and back, values stay what they are.
    [Fact]
    public void EveryUncompressedFileSurvivesEveryEncoding()
    {
        TransferSyntax[] syntaxes = [TransferSyntax.ExplicitVrBigEndian, TransferSyntax.DeflatedExplicitVrLittleEndian, TransferSyntax.ExplicitVrLittleEndian];
        foreach (string path in Corpus.Files.Where(p => !NotDicom.Contains(Path.GetFileName(p))))
        {
            DicomFile file = DicomFile.Read(File.ReadAllBytes(path));
            if (file.TransferSyntax != TransferSyntax.ExplicitVrLittleEndian || file.Notes.Count > 0)
            {
                continue;
            }

            byte[] start = DicomWriter.ToArray(file.DataSet, TransferSyntax.ExplicitVrLittleEndian);
            DataSet dataSet = file.DataSet;
            foreach (TransferSyntax syntax in syntaxes)
            {
                dataSet = DicomReader.ReadDataSet(DicomWriter.ToArray(dataSet, syntax), syntax);
            }

            Assert.True(start.AsSpan().SequenceEqual(DicomWriter.ToArray(dataSet, TransferSyntax.ExplicitVrLittleEndian)), path);
        }
    }

    private static (ErrorCode?, string?) Try(Func<OrthancIdentifiers> read)
    {
        try
        {
            return (null, read().Instance);
        }
        catch (EdgeException error)
        {
            return (error.Code, null);
        }
    }
}
