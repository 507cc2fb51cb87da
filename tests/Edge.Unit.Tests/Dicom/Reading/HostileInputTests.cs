using System.IO.Compression;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Xunit;

namespace Edge.Unit.Tests.Dicom.Reading;

/// <summary>Files made to hurt: a typed error or a noted reading, never a crash, a hang or unbounded memory.</summary>
public sealed class HostileInputTests
{
    private static readonly ScanPlan Plan = new([DicomTags.PatientName]);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void TenThousandNestedSequencesAreRefused(bool isExplicit)
    {
        var parts = new List<object>();
        for (int i = 0; i < 10_000; i++)
        {
            parts.AddRange(isExplicit ? [0x00081115u, "SQ", (ushort)0, -1, 0xFFFEE000u, -1] : [0x00081115u, -1, 0xFFFEE000u, -1]);
        }

        byte[] bytes = Samples.Bytes([.. parts]);
        TransferSyntax syntax = isExplicit ? TransferSyntax.ExplicitVrLittleEndian : TransferSyntax.ImplicitVrLittleEndian;
        Assert.Contains("nested", Assert.Throws<DicomFormatException>(() => DicomReader.ReadDataSet(bytes, syntax)).Detail);
        Assert.Contains("nested", Assert.Throws<DicomFormatException>(() => HeaderScanner.ScanDataSet(bytes, bytes.Length, syntax, Plan, new HeaderScan())).Detail);
    }

    [Fact]
    public void TenThousandNestedDefinedLengthsAreRefused()
    {
        const int depth = 10_000;
        var parts = new List<object>();
        for (int i = 0; i < depth; i++)
        {
            int rest = (depth - i - 1) * 20;
            parts.AddRange([0x00081115u, "SQ", (ushort)0, rest + 8, 0xFFFEE000u, rest]);
        }

        byte[] bytes = Samples.Bytes([.. parts]);
        Assert.Throws<DicomFormatException>(() => DicomReader.ReadDataSet(bytes, TransferSyntax.ExplicitVrLittleEndian));
        var scan = new HeaderScan();
        Assert.Equal(ScanOutcome.Complete, HeaderScanner.ScanDataSet(bytes, bytes.Length, TransferSyntax.ExplicitVrLittleEndian, Plan, scan));
    }

    [Theory]
    [InlineData("OB", -2)]
    [InlineData("UT", int.MaxValue)]
    [InlineData("SQ", -2)]
    [InlineData("UN", 0x7FFFFFF0)]
    public void LengthsOfGigabytesAllocateNothing(string vr, int length)
    {
        byte[] bytes = Samples.Bytes(0x00100010u, "PN", (ushort)2, "A ", 0x00104000u, vr, (ushort)0, length, "abc");
        long before = GC.GetAllocatedBytesForCurrentThread();
        DataSet dataSet = DicomReader.ReadDataSet(bytes, TransferSyntax.ExplicitVrLittleEndian, out IReadOnlyList<DamageNote> notes);
        var scan = new HeaderScan();
        Assert.Equal(ScanOutcome.Truncated, HeaderScanner.ScanDataSet(bytes, bytes.Length, TransferSyntax.ExplicitVrLittleEndian, new ScanPlan([new DicomTag(0x00104000)]), scan));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000);
        Assert.Equal("A", dataSet.GetString(DicomTags.PatientName));
        Assert.Equal(DamageKind.Truncated, notes[0].Kind);
        Assert.Equal((uint)length - 3L, notes[0].Lost);
        Assert.Equal((DamageKind.Truncated, (uint)length - 3L), (scan.Notes[0].Kind, scan.Notes[0].Lost));
    }

    [Fact]
    public void EveryTruncationIsReadOrRefused()
    {
        foreach (byte[] file in new[] { Samples.File(), Samples.File(TransferSyntax.ImplicitVrLittleEndian, true), Samples.File(TransferSyntax.ExplicitVrBigEndian, true), Samples.File(TransferSyntax.DeflatedExplicitVrLittleEndian), Samples.Encapsulated() })
        {
            for (int length = 0; length < file.Length; length++)
            {
                byte[] cut = file[..length];
                var scan = new HeaderScan();
                ScanOutcome? outcome = null;
                try
                {
                    outcome = HeaderScanner.Scan(cut, cut.Length, Plan, scan);
                    Assert.NotEqual(ScanOutcome.NeedsMore, outcome);
                    ScanOutcome windowed = HeaderScanner.Scan(new HeaderScannerTests.SlowSource(cut), Plan, new HeaderScan());
                    Assert.Equal(outcome, windowed);
                }
                catch (DicomFormatException)
                {
                }

                try
                {
                    DicomFile read = DicomFile.Read(cut);
                    if (outcome == ScanOutcome.Complete && scan.HasPixelData && !scan.IsPixelDataTruncated && !scan.TransferSyntax.IsEncapsulated)
                    {
                        Assert.NotNull(read.DataSet.Find(DicomTags.PixelData));
                    }

                    _ = DicomWriter.ToArray(read);
                }
                catch (DicomFormatException)
                {
                }
            }
        }
    }

    [Fact]
    public void ATruncatedImageKeepsWhatIsThere()
    {
        byte[] file = Samples.File()[..^10];
        DicomFile read = DicomFile.Read(file);
        Assert.Equal(22, read.DataSet.Find(DicomTags.PixelData)?.Value.Length);
        DamageNote note = Assert.Single(read.Notes);
        Assert.Equal((DamageKind.Truncated, DicomTags.PixelData, 10L), (note.Kind, note.Tag, note.Lost));
        var scan = new HeaderScan();
        Assert.Equal(ScanOutcome.Complete, HeaderScanner.Scan(file, file.Length, Plan, scan));
        Assert.True(scan.IsPixelDataTruncated);
    }

    [Fact]
    public void ADeflateBombIsRefused()
    {
        using var bomb = new MemoryStream();
        bomb.Write(FileMetaInformation.Encode("1.2", "1.3", TransferSyntax.DeflatedExplicitVrLittleEndian.Uid));
        using (var deflater = new DeflateStream(bomb, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            // An element of 64 MB, inflating from some 64 KB.
            deflater.Write(Samples.Bytes(0x00104000u, "UT", (ushort)0, 64 << 20));
            var zeros = new byte[1 << 20];
            for (int i = 0; i < 64; i++)
            {
                deflater.Write(zeros);
            }
        }

        byte[] file = bomb.ToArray();
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<DicomFormatException>(() => DicomFile.Read(file, new DicomReadOptions { MaximumLoadedLength = 1 << 20 }));
        var scan = new HeaderScan();
        Assert.Equal(ScanOutcome.Complete, HeaderScanner.Scan(file, file.Length, Plan, scan));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 16 << 20);
    }

    [Fact]
    public void MillionsOfElementsAreRefused()
    {
        byte[] element = Samples.Bytes(0x00100010u, "PN", (ushort)0);
        var bytes = new byte[element.Length * 20_000];
        for (int i = 0; i < 20_000; i++)
        {
            element.CopyTo(bytes, i * element.Length);
        }

        var options = new DicomReadOptions { MaximumElements = 10_000 };
        Assert.Contains("10000", Assert.Throws<DicomFormatException>(() => DicomReader.ReadDataSet(bytes, TransferSyntax.ExplicitVrLittleEndian, options)).Detail);
        var scan = new HeaderScan();
        HeaderScanner.ScanDataSet(bytes, bytes.Length, TransferSyntax.ExplicitVrLittleEndian, Plan, scan);
        Assert.InRange(scan.Notes.Count, 1, 32);
    }
}
