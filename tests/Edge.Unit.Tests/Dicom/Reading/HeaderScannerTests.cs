using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Dicom.Writing;
using Xunit;

namespace Edge.Unit.Tests.Dicom.Reading;

public sealed class HeaderScannerTests
{
    private static readonly ScanPlan Plan = new([DicomTags.PatientName, DicomTags.ReferencedStudySequence, DicomTags.FrameIncrementPointer, new DicomTag(0x00189306)]);

    public static TheoryData<string> Syntaxes =>
        ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"];

    [Theory]
    [MemberData(nameof(Syntaxes))]
    public void ReadsIdentifiersAndImageAttributes(string uid)
    {
        TransferSyntax syntax = TransferSyntax.Find(uid)!;
        foreach (bool undefined in new[] { false, true })
        {
            byte[] file = Samples.File(syntax, undefined);
            var scan = new HeaderScan();
            Assert.Equal(ScanOutcome.Complete, HeaderScanner.Scan(file, file.Length, Plan, scan));
            Check(scan, syntax, file);
            var again = new HeaderScan();
            Assert.Equal(ScanOutcome.Complete, HeaderScanner.Scan(new SlowSource(file), Plan, again));
            Check(again, syntax, file);
        }
    }

    private static void Check(HeaderScan scan, TransferSyntax syntax, byte[] file)
    {
        Assert.Same(syntax, scan.TransferSyntax);
        Assert.True(scan.HasPreamble && scan.HasMeta && scan.HasPixelData);
        Assert.Equal((4, 4, 16, 1, null, null), (scan.Rows, scan.Columns, scan.BitsAllocated, scan.SamplesPerPixel, scan.PlanarConfiguration, scan.NumberOfFrames));
        Assert.Equal("MONOCHROME2", scan.PhotometricInterpretation);
        Assert.Equal("Müller^Jörg", scan.GetString(DicomTags.PatientName));
        Assert.Equal("2.5", scan.GetString(new DicomTag(0x00189306)));
        Assert.Equal("0018,1063", scan.GetString(DicomTags.FrameIncrementPointer));
        Assert.Equal("1.2.3.4.5", scan.MediaStorageSopInstanceUid);
        Assert.Equal(UidRegistry.SecondaryCaptureImageStorage, scan.SopClassUid);
        Assert.Equal("PAT-1", scan.GetString(DicomTags.PatientID));
        Assert.Equal((DicomTags.PixelData, Vr.OW, 32L), (scan.PixelDataTag, scan.PixelDataVr, scan.PixelDataLength));
        Assert.Empty(scan.Notes);
        DicomElement? sequence = scan.GetSequence(DicomTags.ReferencedStudySequence);
        Assert.Equal("1.9", sequence?.Items?[0].GetString(DicomTags.ReferencedSOPInstanceUID));
        Assert.Equal(2, sequence?.Items?[0].GetItems(DicomTags.ReferencedImageSequence).Count);
        if (syntax.IsDeflated)
        {
            Assert.Null(scan.PixelDataOffset);
        }
        else
        {
            ReadOnlySpan<byte> at = file.AsSpan((int)scan.PixelDataOffset!.Value);
            Assert.Equal(syntax.IsBigEndian ? (byte[])[0x7F, 0xE0, 0, 0x10] : [0xE0, 0x7F, 0x10, 0], at[..4]);
            Assert.Equal(file.Length - 32, scan.PixelDataValueOffset);
        }
    }

    [Fact]
    public void AsksForMoreUntilThePrefixSuffices()
    {
        foreach (string uid in Syntaxes.Select(row => row.Data))
        {
            byte[] file = Samples.File(TransferSyntax.Find(uid), true);
            var scan = new HeaderScan();
            int length = 1, rounds = 0;
            while (HeaderScanner.Scan(file.AsSpan(0, length), file.Length, Plan, scan) == ScanOutcome.NeedsMore)
            {
                Assert.True(scan.BytesNeeded > length && scan.BytesNeeded <= file.Length, $"{uid}: {length} -> {scan.BytesNeeded}");
                length = (int)scan.BytesNeeded;
                Assert.True(++rounds < 200);
            }

            Assert.Equal(ScanOutcome.Complete, scan.Outcome);
            Assert.Equal("PAT-1", scan.GetString(DicomTags.PatientID));
        }
    }

    [Fact]
    public void EveryPrefixGivesTheSameOrAsksForMore()
    {
        byte[] file = Samples.File();
        var scan = new HeaderScan();
        for (int length = 0; length <= file.Length; length++)
        {
            ScanOutcome outcome = HeaderScanner.Scan(file.AsSpan(0, length), file.Length, Plan, scan);
            if (outcome == ScanOutcome.Complete)
            {
                Assert.Equal("1.2.3.4", scan.GetString(DicomTags.SeriesInstanceUID));
                Assert.Equal(32, scan.PixelDataLength);
            }
            else
            {
                Assert.Equal(ScanOutcome.NeedsMore, outcome);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Syntaxes))]
    public void ScansBareDataSets(string uid)
    {
        TransferSyntax syntax = TransferSyntax.Find(uid)!;
        byte[] bytes = DicomWriter.ToArray(Samples.DataSet(), syntax);
        var scan = new HeaderScan();
        Assert.Equal(ScanOutcome.Complete, HeaderScanner.ScanDataSet(bytes, bytes.Length, syntax, Plan, scan));
        Assert.Equal("PAT-1", scan.GetString(DicomTags.PatientID));
        Assert.Equal(syntax.IsDeflated ? null : bytes.Length - 32, scan.PixelDataValueOffset);
        Assert.False(scan.HasMeta);
        Assert.Equal(ScanOutcome.Complete, HeaderScanner.ScanDataSet(new SlowSource(bytes), syntax, Plan, scan));
        Assert.Equal("1.2.3.4.5", scan.GetString(DicomTags.SOPInstanceUID));
    }

    [Fact]
    public void EncapsulatedPixelDataHasNoLength()
    {
        byte[] file = Samples.Encapsulated();
        var scan = new HeaderScan();
        HeaderScanner.Scan(file, file.Length, Plan, scan);
        Assert.True(scan is { HasPixelData: true, PixelDataLength: null, PixelDataVr: Vr.OB });
        Assert.Same(TransferSyntax.JpegBaseline, scan.TransferSyntax);
    }

    [Fact]
    public void GoesOnBehindPixelDataWhereAsked()
    {
        var padding = new DicomTag(0xFFFCFFFC);
        byte[] file = Samples.Builder().Add(padding, [1, 2], Vr.OB).ToArray();
        var scan = new HeaderScan();
        HeaderScanner.Scan(file, file.Length, new ScanPlan([padding]), scan);
        Assert.False(scan.Contains(padding));
        HeaderScanner.Scan(file, file.Length, new ScanPlan([padding], readsPastPixelData: true), scan);
        Assert.True(scan.Contains(padding));
    }

    [Fact]
    public void AWrongTransferSyntaxIsFoundOut()
    {
        byte[] meta = FileMetaInformation.Encode("1.2", "1.3", TransferSyntax.ImplicitVrLittleEndian.Uid);
        byte[] file = [.. meta, .. DicomWriter.ToArray(Samples.DataSet(), TransferSyntax.ExplicitVrLittleEndian)];
        var scan = new HeaderScan();
        Assert.Equal(ScanOutcome.Complete, HeaderScanner.Scan(file, file.Length, Plan, scan));
        Assert.Same(TransferSyntax.ExplicitVrLittleEndian, scan.TransferSyntax);
        Assert.Equal(TransferSyntax.ImplicitVrLittleEndian.Uid, scan.DeclaredTransferSyntaxUid);
        Assert.Equal(DamageKind.WrongTransferSyntax, Assert.Single(scan.Notes).Kind);
        Assert.Equal("PAT-1", scan.GetString(DicomTags.PatientID));
    }

    [Theory]
    [InlineData("1.2.840.10008.1.2")]
    [InlineData("1.2.840.10008.1.2.1")]
    [InlineData("1.2.840.10008.1.2.2")]
    public void WithoutMetaInformationTheEncodingIsGuessed(string uid)
    {
        byte[] bytes = DicomWriter.ToArray(Samples.DataSet(), TransferSyntax.Find(uid)!);
        var scan = new HeaderScan();
        Assert.Equal(ScanOutcome.Complete, HeaderScanner.Scan(bytes, bytes.Length, Plan, scan));
        Assert.Equal(uid, scan.TransferSyntax.Uid);
        Assert.Equal("PAT-1", scan.GetString(DicomTags.PatientID));
        byte[] preambled = [.. new byte[128], .. "DICM"u8, .. bytes];
        HeaderScanner.Scan(preambled, preambled.Length, Plan, scan);
        Assert.Equal((uid, true, false), (scan.TransferSyntax.Uid, scan.HasPreamble, scan.HasMeta));
    }

    [Fact]
    public void MetaInformationWithoutPreambleIsAccepted()
    {
        byte[] file = Samples.File()[132..];
        var scan = new HeaderScan();
        Assert.Equal(ScanOutcome.Complete, HeaderScanner.Scan(file, file.Length, Plan, scan));
        Assert.True(scan is { HasPreamble: false, HasMeta: true });
        Assert.Equal("PAT-1", scan.GetString(DicomTags.PatientID));
    }

    [Theory]
    [InlineData("")]
    [InlineData("short")]
    [InlineData("<html><body>This is not a DICOM file at all, but a page that says so.</body></html>")]
    [InlineData("\u007fELF\u0002\u0001\u0001\0\0\0\0\0\0\0\0\0\u0003\0\u003e\0\u0001\0\0\0")]
    public void WhatCannotBeDicomIsRefused(string text)
    {
        byte[] bytes = System.Text.Encoding.Latin1.GetBytes(text);
        DicomFormatException error = Assert.Throws<DicomFormatException>(() => HeaderScanner.Scan(bytes, bytes.Length, Plan, new HeaderScan()));
        Assert.Equal(ErrorCode.BadFileFormat, error.Code);
        Assert.Throws<DicomFormatException>(() => DicomFile.Read(bytes));
    }

    [Fact]
    public void AScanAllocatesNothing()
    {
        byte[] file = Samples.File();
        var scan = new HeaderScan();
        for (int i = 0; i < 3; i++)
        {
            HeaderScanner.Scan(file, file.Length, Plan, scan);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            HeaderScanner.Scan(file, file.Length, Plan, scan);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void ValuesBeyondTheLimitAreReportedNotKept()
    {
        byte[] file = new DataSetBuilder().AddIdentifiers("P", "1", "2", "3").Add(DicomTags.TextValue, new string('x', 5000)).ToArray();
        var scan = new HeaderScan();
        HeaderScanner.Scan(file, file.Length, new ScanPlan([DicomTags.TextValue], maximumValueLength: 1000), scan);
        Assert.True(scan.Contains(DicomTags.TextValue));
        Assert.Equal(0, scan.GetBytes(DicomTags.TextValue).Length);
        Assert.Equal(5000, scan.GetRange(DicomTags.TextValue)?.Length);
        Assert.Null(scan.GetString(DicomTags.TextValue));
    }

    // A file of 6 GB whose pixel data lies behind a private element of 3 GB: offsets are 64-bit, and no more than headers are read.
    [Fact]
    public void SkipsGigabytesByOffset()
    {
        DataSet head = new DataSetBuilder().AddIdentifiers("P", "1", "2", "3").Build();
        byte[] start = [.. DicomWriter.ToArray(head, TransferSyntax.ExplicitVrLittleEndian), .. Samples.Bytes(0x00310010u, "LO", (ushort)2, "A ", 0x00311001u, "OB", (ushort)0, unchecked((int)3_000_000_000u))];
        byte[] pixels = Samples.Bytes(0x7FE00010u, "OW", (ushort)0, unchecked((int)3_100_000_000u));
        var source = new SparseSource(start.Length + 3_000_000_000L + 12 + 3_100_000_000L, (0, start), (start.Length + 3_000_000_000L, pixels));
        var scan = new HeaderScan();
        Assert.Equal(ScanOutcome.Complete, HeaderScanner.ScanDataSet(source, TransferSyntax.ExplicitVrLittleEndian, Plan, scan));
        Assert.Equal(start.Length + 3_000_000_000L, scan.PixelDataOffset);
        Assert.Equal(3_100_000_000L, scan.PixelDataLength);
        Assert.False(scan.IsPixelDataTruncated);
        Assert.True(source.BytesRead < 200_000, $"{source.BytesRead} bytes read");
    }

    internal sealed class SlowSource(byte[] bytes) : IByteSource
    {
        public long Length => bytes.Length;

        public int Read(long offset, Span<byte> destination) => new MemoryByteSource(bytes).Read(offset, destination);
    }

    internal sealed class SparseSource(long length, params (long Offset, byte[] Bytes)[] parts) : IByteSource
    {
        public long Length => length;

        public long BytesRead { get; private set; }

        public int Read(long offset, Span<byte> destination)
        {
            int count = (int)Math.Min(destination.Length, length - offset);
            destination[..count].Clear();
            foreach ((long start, byte[] bytes) in parts)
            {
                for (int i = 0; i < bytes.Length; i++)
                {
                    long at = start + i - offset;
                    if (at >= 0 && at < count)
                    {
                        destination[(int)at] = bytes[i];
                    }
                }
            }

            BytesRead += count;
            return count;
        }
    }
}
