using System.Buffers;
using System.Buffers.Binary;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Imaging;
using Edge.Imaging.Codecs;

namespace Edge.Benchmarks.Imaging;

/// <summary>Encodes and decodes one native frame of a file by every codec, in one thread.</summary>
internal static class DecodeBenchmark
{
    public static async Task<int> Run(string path, bool isBesideTools)
    {
        DicomFile file = DicomReader.ReadFile(File.ReadAllBytes(path));
        DataSet data = file.DataSet;
        byte[] frame = data.Find(DicomTags.PixelData)!.Value.ToArray();
        ImageDescription image = new()
        {
            Rows = data.GetInt32(DicomTags.Rows) ?? 0,
            Columns = data.GetInt32(DicomTags.Columns) ?? 0,
            SamplesPerPixel = data.GetInt32(DicomTags.SamplesPerPixel) ?? 1,
            BitsAllocated = data.GetInt32(DicomTags.BitsAllocated) ?? 0,
            BitsStored = data.GetInt32(DicomTags.BitsStored) ?? 0,
            HighBit = data.GetInt32(DicomTags.HighBit) ?? 0,
            IsSigned = data.GetInt32(DicomTags.PixelRepresentation) == 1,
            Photometric = data.GetString(DicomTags.PhotometricInterpretation) ?? "MONOCHROME2",
        };
        string[] syntaxes = [CompressedSyntax.Rle, CompressedSyntax.JpegLosslessFirstOrder, CompressedSyntax.JpegLossless, CompressedSyntax.JpegLsLossless, CompressedSyntax.Jpeg2000Lossless];
        foreach (string syntax in syntaxes)
        {
            Measure(syntax, image, frame);
        }

        byte[] bits8 = frame;
        ImageDescription narrow = image with { BitsAllocated = 8, BitsStored = 8, HighBit = 7, IsSigned = false };
        if (image is { BitsAllocated: 16, SamplesPerPixel: 1 })
        {
            byte[] bytes = new byte[frame.Length / 2];
            for (int i = 0; i < bytes.Length; i++)
            {
                int value = BinaryPrimitives.ReadUInt16LittleEndian(frame.AsSpan(2 * i));
                bytes[i] = (byte)((image.IsSigned ? value ^ (1 << (image.BitsStored - 1)) : value) >> Math.Max(0, image.BitsStored - 8));
            }

            bits8 = bytes;
        }

        Measure(CompressedSyntax.JpegBaseline, narrow, bits8);
        if (isBesideTools)
        {
            await ToolDecoders.MeasureAsync(file, frame, bits8, 40);
        }

        return 0;
    }

    private static void Measure(string syntax, ImageDescription image, byte[] frame)
    {
        ArrayBufferWriter<byte> stream = new();
        FrameEncoding encoding = new() { TransferSyntax = syntax };
        double encode = Speed(frame.Length, () =>
        {
            stream.ResetWrittenCount();
            FrameEncoder.Encode(encoding, image, frame, stream);
        });
        byte[] codestream = stream.WrittenSpan.ToArray();
        double decode = Speed(frame.Length, () => FrameDecoder.Decode(syntax, image, codestream).Dispose());
        Console.WriteLine($"{syntax,-24} {image.Columns}x{image.Rows}x{image.BitsStored}  ratio {(double)frame.Length / codestream.Length:0.00}  encode {encode:0} MB/s  decode {decode:0} MB/s");
    }

    // The median of rounds of a fifth of a second of this process's CPU time: what else runs counts less so.
    private static double Speed(int bytes, Action action)
    {
        action();
        double[] rounds = new double[5];
        for (int round = 0; round < rounds.Length; round++)
        {
            TimeSpan start = Environment.CpuUsage.TotalTime, taken;
            int count = 0;
            do
            {
                action();
                count++;
            }
            while ((taken = Environment.CpuUsage.TotalTime - start).TotalSeconds < 0.2);
            rounds[round] = count * (double)bytes / 1e6 / taken.TotalSeconds;
        }

        Array.Sort(rounds);
        return rounds[rounds.Length / 2];
    }
}
