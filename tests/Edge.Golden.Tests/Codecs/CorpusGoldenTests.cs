using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Imaging;
using Edge.Imaging.Codecs;
using Edge.Imaging.Codecs.Native;
using Edge.TestKit;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Golden.Tests.Codecs;

/// <summary>Compressed files of the corpus, against what DCMTK or GDCM decodes.</summary>
public sealed class CorpusGoldenTests
{
    private static string? Folder => RepositoryPaths.Corpus is { } corpus ? Path.Combine(corpus, "files") : null;

    public static TheoryData<string> Files { get; } = Find();

    /// <summary>Without a corpus there is one row, that has nothing to compare.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public async Task FramesAreDecodedAsByOthers(string name)
    {
        if (Folder is not { } folder)
        {
            Assert.Equal("", name);
            return;
        }

        string path = Path.Combine(folder, name);
        byte[] bytes = await File.ReadAllBytesAsync(path);
        DicomFile file = DicomReader.ReadFile(bytes);
        string syntax = file.TransferSyntax.Uid;
        ImageDescription image = Describe(file.DataSet);
        byte[] native = await DecodeAsync(path, syntax);
        DataSet others = DicomReader.ReadFile(native).DataSet;
        ImageDescription theirs = Describe(others);
        byte[] pixels = others.Find(DicomTags.PixelData)!.Value.ToArray();
        bool isLossy = syntax is CompressedSyntax.JpegBaseline or CompressedSyntax.JpegExtended or CompressedSyntax.Jpeg2000;
        foreach (int frame in new[] { 0, image.NumberOfFrames - 1 })
        {
            FramePosition position = theirs.Locate(frame);
            using PixelBuffer expected = NativeDecoder.Decode(theirs, pixels.AsSpan((int)position.Offset, position.Length), position.FirstBit);
            using PixelBuffer actual = FrameDecoder.Decode(syntax, image, CodecSamples.Codestream(bytes, image.NumberOfFrames, frame));
            Assert.Equal(expected.Format, actual.Format);
            if (!isLossy)
            {
                Assert.True(expected.Bytes.SequenceEqual(actual.Bytes), $"first difference at byte {expected.Bytes.CommonPrefixLength(actual.Bytes)} of {expected.Bytes.Length}");
                continue;
            }

            bool isTall = bytes.AsSpan().IndexOf(new byte[] { 0x03, 0x01, 0x22, 0x00, 0x02, 0x11 }) > 0;
            long total = 0;
            int worst = 0;
            for (int i = 0; i < (expected.Format == PixelFormat.Gray16 ? expected.Bytes.Length / 2 : expected.Bytes.Length); i++)
            {
                int difference = expected.Format == PixelFormat.Gray16
                    ? Math.Abs(expected.Samples<ushort>()[i] - actual.Samples<ushort>()[i])
                    : Math.Abs(expected.Bytes[i] - actual.Bytes[i]);
                (total, worst) = (total + difference, Math.Max(worst, difference));
            }

            // Where chrominance has half the rows, interpolation is the decoder's own affair: these are steep edges.
            Assert.True(total <= (isTall ? 3 : 0.6) * expected.Bytes.Length, $"mean {(double)total / expected.Bytes.Length}, greatest {worst}");
        }
    }

    private static async Task<byte[]> DecodeAsync(string path, string syntax)
    {
        string to = Path.GetTempFileName();
        try
        {
            (string tool, string[] arguments) = syntax switch
            {
                CompressedSyntax.Rle => ("dcmdrle", Array.Empty<string>()),
                CompressedSyntax.Jpeg2000Lossless or CompressedSyntax.Jpeg2000 => ("gdcmconv", ["--raw"]),
                CompressedSyntax.JpegLsLossless or CompressedSyntax.JpegLsNearLossless => ("dcmdjpls", []),
                _ => ("dcmdjpeg", []),
            };
            ToolResult result = await Tool.RunAsync(tool, [.. arguments, path, to]);
            Assert.True(result.ExitCode == 0, result.Error);
            return await File.ReadAllBytesAsync(to);
        }
        finally
        {
            File.Delete(to);
        }
    }

    private static ImageDescription Describe(DataSet dataSet) => new()
    {
        Rows = dataSet.GetInt32(DicomTags.Rows) ?? 0,
        Columns = dataSet.GetInt32(DicomTags.Columns) ?? 0,
        NumberOfFrames = dataSet.GetInt32(DicomTags.NumberOfFrames) ?? 1,
        SamplesPerPixel = dataSet.GetInt32(DicomTags.SamplesPerPixel) ?? 1,
        BitsAllocated = dataSet.GetInt32(DicomTags.BitsAllocated) ?? 0,
        BitsStored = dataSet.GetInt32(DicomTags.BitsStored) ?? 0,
        HighBit = dataSet.GetInt32(DicomTags.HighBit) ?? 0,
        IsSigned = dataSet.GetInt32(DicomTags.PixelRepresentation) == 1,
        IsPlanar = dataSet.GetInt32(DicomTags.PlanarConfiguration) == 1,
        Photometric = dataSet.GetString(DicomTags.PhotometricInterpretation) ?? "",
    };

    private static TheoryData<string> Find()
    {
        TheoryData<string> found = [];
        foreach (string path in Folder is { } folder && Directory.Exists(folder) ? Directory.GetFiles(folder, "*.dcm").Order().ToArray() : [])
        {
            try
            {
                DicomFile file = DicomReader.ReadFile(File.ReadAllBytes(path));
                // Colour of 32 bits has no form of pixels; one file's meta information is beyond DCMTK, one's fragments beyond GDCM.
                if (FrameDecoder.CanDecode(file.TransferSyntax.Uid) && file.DataSet.Contains(DicomTags.PixelData)
                    && (file.DataSet.GetInt32(DicomTags.BitsAllocated) <= 16 || file.DataSet.GetInt32(DicomTags.SamplesPerPixel) == 1) && Path.GetFileName(path) is not ("SC_rgb_jpeg.dcm" or "JPEG2000-embedded-sequence-delimiter.dcm"))
                {
                    found.Add(Path.GetFileName(path));
                }
            }
            catch (Core.Errors.EdgeException)
            {
                // Files of the corpus that are no DICOM on purpose.
                continue;
            }
        }

        if (Folder is null)
        {
            found.Add("");
        }

        return found;
    }
}
