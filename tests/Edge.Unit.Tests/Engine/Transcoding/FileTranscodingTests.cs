using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Engine.Transcoding;
using Edge.Imaging;
using Edge.TestKit.Samples;
using Xunit;

namespace Edge.Unit.Tests.Engine.Transcoding;

/// <summary>What becomes of a data set when its transfer syntax changes.</summary>
public sealed class FileTranscodingTests
{
    private static readonly SyntheticInstance Sample = SyntheticInstance.Numbered(601, 1, 1, 1) with { Rows = 21, Columns = 35 };

    [Theory]
    [InlineData("1.2.840.10008.1.2")]
    [InlineData("1.2.840.10008.1.2.2")]
    [InlineData("1.2.840.10008.1.2.1.99")]
    [InlineData("1.2.840.10008.1.2.5")]
    [InlineData("1.2.840.10008.1.2.4.57")]
    [InlineData("1.2.840.10008.1.2.4.70")]
    [InlineData("1.2.840.10008.1.2.4.80")]
    [InlineData("1.2.840.10008.1.2.4.90")]
    public void WithoutLossEverythingComesBack(string uid)
    {
        byte[] file = Sample.ToFile();
        TranscodedFile there = FileTranscoding.Transcode(DicomFile.Read(file), TranscodingRequest.To(uid, 90, LossyTranscoding.Refused));
        Assert.False(there.IsUnchanged);
        Assert.Null(there.FormerSopInstanceUid);
        byte[] bytes = there.ToArray();
        DicomFile read = DicomFile.Read(bytes);
        Assert.Equal(uid, read.TransferSyntax.Uid);
        Assert.Equal(uid, read.Meta!.GetString(DicomTags.TransferSyntaxUID));
        Assert.Equal(Sample.SopInstanceUid, read.DataSet.GetString(DicomTags.SOPInstanceUID));
        Assert.Null(read.DataSet.GetString(DicomTags.LossyImageCompression));
        TranscodedFile back = FileTranscoding.Transcode(read, TranscodingRequest.To("1.2.840.10008.1.2.1", 90));
        DicomFile original = DicomFile.Read(file), returned = DicomFile.Read(back.ToArray());
        Assert.Equal(original.DataSet.Select(static one => one.Tag), returned.DataSet.Select(static one => one.Tag));
        Assert.True(original.DataSet.Find(DicomTags.PixelData)!.Value.Span.SequenceEqual(returned.DataSet.Find(DicomTags.PixelData)!.Value.Span));
    }

    [Theory]
    [InlineData("1.2.840.10008.1.2.4.81", "ISO_14495_1")]
    [InlineData("1.2.840.10008.1.2.4.91", "ISO_15444_1")]
    public void LossIsNotedAndMakesAnotherInstance(string uid, string method)
    {
        DicomFile file = DicomFile.Read(Sample.ToFile());
        // Samples with a sign jump near zero.
        file.DataSet.SetInteger(DicomTags.PixelRepresentation, 0, Vr.US);
        file.DataSet.SetString(DicomTags.LossyImageCompressionRatio, "2", Vr.DS);
        file.DataSet.SetString(DicomTags.LossyImageCompressionMethod, "ISO_10918_1", Vr.CS);
        TranscodedFile result = FileTranscoding.Transcode(file, TranscodingRequest.To(uid, 80));
        DataSet dataSet = DicomFile.Read(result.ToArray()).DataSet;
        Assert.Equal(Sample.SopInstanceUid, result.FormerSopInstanceUid);
        Assert.StartsWith("2.25.", dataSet.GetString(DicomTags.SOPInstanceUID));
        Assert.Equal(dataSet.GetString(DicomTags.SOPInstanceUID), result.File.Meta!.GetString(DicomTags.MediaStorageSOPInstanceUID));
        Assert.Equal("01", dataSet.GetString(DicomTags.LossyImageCompression));
        Assert.Equal(["ISO_10918_1", method], dataSet.GetStrings(DicomTags.LossyImageCompressionMethod));
        Assert.Equal(2, dataSet.GetStrings(DicomTags.LossyImageCompressionRatio).Length);
        Assert.Equal("DERIVED", dataSet.GetStrings(DicomTags.ImageType)[0]);
        Assert.Contains("Lossy compression", dataSet.GetString(DicomTags.DerivationDescription));
    }

    [Fact]
    public void ALossThatIsNotWantedIsRefusedAndNothingIsChanged()
    {
        DicomFile file = DicomFile.Read(Sample.ToFile());
        TranscodingRequest request = TranscodingRequest.To("1.2.840.10008.1.2.4.91", 80, LossyTranscoding.Refused);
        Assert.Equal(ErrorCode.NotImplemented, Assert.Throws<EdgeException>(() => FileTranscoding.Transcode(file, request)).Code);
        Assert.Equal(Sample.ToFile(), file.ToArray());
        TranscodedFile same = FileTranscoding.Transcode(file, request with { Lossy = LossyTranscoding.SameInstance });
        Assert.Equal(Sample.SopInstanceUid, same.File.DataSet.GetString(DicomTags.SOPInstanceUID));
    }

    [Fact]
    public void TheFirstTargetThatCanHoldItIsTaken()
    {
        DicomFile file = DicomFile.Read(Sample.ToFile());
        // Baseline holds 8 bits.
        TranscodingRequest request = new() { Targets = [TransferSyntax.JpegBaseline, TransferSyntax.JpegLossless, TransferSyntax.RleLossless] };
        Assert.Equal(TransferSyntax.JpegLossless, FileTranscoding.Transcode(file, request).TransferSyntax);
        Assert.True(FileTranscoding.Transcode(file, request).IsUnchanged);
    }

    [Fact]
    public void ColourIsNamedAsItIsCoded()
    {
        foreach ((TransferSyntax target, string coded) in new[] { (TransferSyntax.Jpeg2000Lossless, "YBR_RCT"), (TransferSyntax.Jpeg2000, "YBR_ICT"), (TransferSyntax.JpegBaseline, "YBR_FULL"), (TransferSyntax.JpegLsLossless, "RGB") })
        {
            DicomFile file = Colour(frames: 3);
            byte[] pixels = file.DataSet.Find(DicomTags.PixelData)!.Value.ToArray();
            FileTranscoding.Transcode(file, new TranscodingRequest { Targets = [target], Quality = 100 });
            Assert.Equal(coded, file.DataSet.GetString(DicomTags.PhotometricInterpretation));
            Assert.Equal(0, file.DataSet.GetInt32(DicomTags.PlanarConfiguration));
            Assert.Equal(4, file.DataSet.Find(DicomTags.PixelData)!.Fragments!.Count);
            DicomFile read = DicomFile.Read(file.ToArray());
            FileTranscoding.Transcode(read, TranscodingRequest.To("1.2.840.10008.1.2", 90));
            Assert.Equal("RGB", read.DataSet.GetString(DicomTags.PhotometricInterpretation));
            byte[] back = read.DataSet.Find(DicomTags.PixelData)!.Value.ToArray();
            Assert.Equal(pixels.Length, back.Length);
            for (int i = 0; i < pixels.Length; i++)
            {
                Assert.InRange(Math.Abs(pixels[i] - back[i]), 0, target.IsLossy ? 6 : 0);
            }
        }
    }

    /// <summary>Pixels that share their colour are encoded with all samples; those that say so and have all of them are taken as they are.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void SharedColourIsEncodedForEachPixel(int bytesOfPixel)
    {
        DicomFile file = Colour(frames: 2);
        DataSet dataSet = file.DataSet;
        byte[] all = dataSet.Find(DicomTags.PixelData)!.Value.ToArray(), stored = all[..(all.Length * bytesOfPixel / 3)];
        dataSet.SetString(DicomTags.PhotometricInterpretation, "YBR_FULL_422", Vr.CS);
        dataSet.Set(new DicomElement(DicomTags.PixelData, Vr.OB, stored));
        FileTranscoding.Transcode(file, new TranscodingRequest { Targets = [TransferSyntax.JpegLossless] });
        Assert.Equal(bytesOfPixel == 2 ? "YBR_FULL" : "YBR_FULL_422", dataSet.GetString(DicomTags.PhotometricInterpretation));
        FileTranscoding.Transcode(file, TranscodingRequest.To("1.2.840.10008.1.2.1", 90));
        Assert.Equal("YBR_FULL", dataSet.GetString(DicomTags.PhotometricInterpretation));
        byte[] back = dataSet.Find(DicomTags.PixelData)!.Value.ToArray();
        if (bytesOfPixel == 3)
        {
            Assert.Equal(all, back);
            return;
        }

        Assert.Equal(all.Length, back.Length);
        for (int pair = 0; pair < stored.Length / 4; pair++)
        {
            byte[] four = stored[(4 * pair)..((4 * pair) + 4)];
            Assert.Equal([four[0], four[2], four[3], four[1], four[2], four[3]], back[(6 * pair)..((6 * pair) + 6)]);
        }
    }

    [Fact]
    public void DamagedPixelsAreAnError()
    {
        DicomFile file = DicomFile.Read(Sample.ToFile());
        FileTranscoding.Transcode(file, TranscodingRequest.To("1.2.840.10008.1.2.4.90", 90));
        DicomElement pixels = file.DataSet.Find(DicomTags.PixelData)!;
        file.DataSet.Set(DicomElement.Encapsulated(DicomTags.PixelData, [pixels.Fragments![0], pixels.Fragments[1][..100]]));
        Assert.Equal(ErrorCode.CorruptedFile, Assert.Throws<ImageException>(() => FileTranscoding.Transcode(file, TranscodingRequest.To("1.2.840.10008.1.2", 90))).Code);
        Assert.Equal(TransferSyntax.Jpeg2000Lossless, file.TransferSyntax);
    }

    [Theory]
    [InlineData("nope", 90)]
    [InlineData("1.2.840.10008.1.2.4.50", 0)]
    [InlineData("1.2.840.10008.1.2.4.50", 101)]
    public void RequestsAreChecked(string uid, int quality) =>
        Assert.Equal(ErrorCode.ParameterOutOfRange, Assert.Throws<EdgeException>(() => TranscodingRequest.To(uid, quality)).Code);

    private static DicomFile Colour(int frames)
    {
        const int Size = 24;
        DicomFile file = DicomFile.Read(Sample.ToFile());
        DataSet dataSet = file.DataSet;
        foreach ((DicomTag tag, int value) in new[] { (DicomTags.Rows, Size), (DicomTags.Columns, Size), (DicomTags.SamplesPerPixel, 3), (DicomTags.BitsAllocated, 8), (DicomTags.BitsStored, 8), (DicomTags.HighBit, 7), (DicomTags.PixelRepresentation, 0), (DicomTags.PlanarConfiguration, 0) })
        {
            dataSet.SetInteger(tag, value, Vr.US);
        }

        dataSet.SetInteger(DicomTags.NumberOfFrames, frames, Vr.IS);
        dataSet.SetString(DicomTags.PhotometricInterpretation, "RGB", Vr.CS);
        byte[] pixels = new byte[frames * Size * Size * 3];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)((i / 3 % Size * 6) + (i % 3 * 20) + (i / (Size * Size * 3) * 10));
        }

        dataSet.Set(new DicomElement(DicomTags.PixelData, Vr.OB, pixels));
        return file;
    }
}
