using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Edge.Dicom.Reading;
using Edge.Imaging;
using Edge.Imaging.Codecs;
using Edge.Imaging.Encapsulation;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Golden.Tests.Codecs;

/// <summary>Generated images, files of them, and what other tools make of those files.</summary>
internal static class CodecSamples
{
    public const string ExplicitLittleEndian = "1.2.840.10008.1.2.1";

    private static readonly byte[] Undefined = [0xe0, 0x7f, 0x10, 0x00, (byte)'O', (byte)'B', 0, 0, 0xff, 0xff, 0xff, 0xff];

    public static ImageDescription Describe(int columns, int rows, int stored, bool isSigned = false, int samples = 1) => new()
    {
        Rows = rows,
        Columns = columns,
        SamplesPerPixel = samples,
        BitsAllocated = stored > 8 ? 16 : 8,
        BitsStored = stored,
        HighBit = stored - 1,
        IsSigned = isSigned,
        Photometric = samples == 3 ? "RGB" : "MONOCHROME2",
    };

    /// <summary>A gradient with noise, flat regions, edges and extremes.</summary>
    public static byte[] Generate(ImageDescription image, int seed = 1)
    {
        int bytes = image.BitsAllocated / 8, range = 1 << image.BitsStored;
        byte[] frame = new byte[image.Rows * image.Columns * image.SamplesPerPixel * bytes];
        Random random = new(seed);
        for (int y = 0; y < image.Rows; y++)
        {
            for (int x = 0; x < image.Columns; x++)
            {
                for (int s = 0; s < image.SamplesPerPixel; s++)
                {
                    int value = (x * range / 2 / image.Columns) + (y * range / 3 / image.Rows) + (s * range / 16) + random.Next(Math.Max(1, range / 64));
                    value = (x / 9 % 4, y / 7 % 4) switch
                    {
                        (0, 1) => range / 5,
                        (2, 2) => random.Next(range),
                        (3, 1) => (x + y) % 2 == 0 ? 0 : range - 1,
                        _ => value,
                    };
                    value = Math.Clamp(value, 0, range - 1);
                    if (image.IsSigned)
                    {
                        value -= range / 2;
                    }

                    int at = ((((y * image.Columns) + x) * image.SamplesPerPixel) + s) * bytes;
                    if (bytes == 1)
                    {
                        frame[at] = (byte)value;
                    }
                    else
                    {
                        BinaryPrimitives.WriteInt16LittleEndian(frame.AsSpan(at), (short)value);
                    }
                }
            }
        }

        return frame;
    }

    /// <summary>Encodes a frame with our encoder, to a file.</summary>
    public static byte[] Compressed(ImageDescription image, FrameEncoding encoding, params byte[][] frames)
    {
        ArrayBufferWriter<byte> value = new();
        List<byte[]> streams = [];
        string photometric = image.Photometric;
        foreach (byte[] frame in frames)
        {
            ArrayBufferWriter<byte> stream = new();
            photometric = FrameEncoder.Encode(encoding, image, frame, stream);
            streams.Add(stream.WrittenSpan.ToArray());
        }

        EncapsulationWriter.WriteOffsetTable(value, streams.Select(static stream => stream.Length).ToArray());
        streams.ForEach(stream => EncapsulationWriter.WriteFrame(value, stream));
        EncapsulationWriter.WriteEnd(value);
        return ToFile(image with { Photometric = photometric, NumberOfFrames = frames.Length }, encoding.TransferSyntax, value.WrittenSpan.ToArray());
    }

    /// <summary>A file of secondary capture.</summary>
    public static byte[] ToFile(ImageDescription image, string syntax, byte[] value)
    {
        bool isEncapsulated = syntax != ExplicitLittleEndian;
        MemoryStream data = new();
        Text(data, 0x0008, 0x0008, "CS", "DERIVED\\SECONDARY");
        Text(data, 0x0008, 0x0016, "UI", "1.2.840.10008.5.1.4.1.1.7");
        Text(data, 0x0008, 0x0018, "UI", "2.25.330519408712964857.9");
        Text(data, 0x0008, 0x0060, "CS", "OT");
        Text(data, 0x0010, 0x0010, "PN", "Test^Codec");
        Text(data, 0x0010, 0x0020, "LO", "TEST-C");
        Text(data, 0x0020, 0x000d, "UI", "2.25.330519408712964857.7");
        Text(data, 0x0020, 0x000e, "UI", "2.25.330519408712964857.8");
        Number(data, 0x0002, image.SamplesPerPixel);
        Text(data, 0x0028, 0x0004, "CS", image.Photometric);
        if (image.SamplesPerPixel > 1)
        {
            Number(data, 0x0006, 0);
        }

        if (image.NumberOfFrames > 1)
        {
            Text(data, 0x0028, 0x0008, "IS", image.NumberOfFrames.ToString());
        }

        Number(data, 0x0010, image.Rows);
        Number(data, 0x0011, image.Columns);
        Number(data, 0x0100, image.BitsAllocated);
        Number(data, 0x0101, image.BitsStored);
        Number(data, 0x0102, image.HighBit);
        Number(data, 0x0103, image.IsSigned ? 1 : 0);
        if (isEncapsulated)
        {
            data.Write(Undefined);
            data.Write(value);
        }
        else
        {
            Element(data, 0x7fe0, 0x0010, image.BitsAllocated == 8 ? "OB" : "OW", value.Length % 2 == 0 ? value : [.. value, 0]);
        }

        MemoryStream meta = new();
        Element(meta, 0x0002, 0x0001, "OB", [0, 1]);
        Text(meta, 0x0002, 0x0002, "UI", "1.2.840.10008.5.1.4.1.1.7");
        Text(meta, 0x0002, 0x0003, "UI", "2.25.330519408712964857.9");
        Text(meta, 0x0002, 0x0010, "UI", syntax);
        Text(meta, 0x0002, 0x0012, "UI", "2.25.330519408712964857.99");
        MemoryStream file = new();
        file.Write(new byte[128]);
        file.Write("DICM"u8);
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, (int)meta.Length);
        Element(file, 0x0002, 0x0000, "UL", length);
        meta.WriteTo(file);
        data.WriteTo(file);
        return file.ToArray();
    }

    /// <summary>The codestream of a frame of a file.</summary>
    public static byte[] Codestream(byte[] file, int frames = 1, int frame = 0)
    {
        byte[] words = [.. Undefined];
        words[5] = (byte)'W';
        int at = Math.Max(file.AsSpan().LastIndexOf(Undefined), file.AsSpan().LastIndexOf(words));
        Assert.True(at > 0, "the file has no encapsulated pixel data");
        return new EncapsulatedPixelData(new MemoryByteSource(file), at + Undefined.Length, frames).Read(frame);
    }

    /// <summary>The bytes of native pixel data of a file in explicit little endian.</summary>
    public static byte[] NativePixels(byte[] file, int length)
    {
        ReadOnlySpan<byte> words = [0xe0, 0x7f, 0x10, 0x00, (byte)'O', (byte)'W', 0, 0], bytes = [0xe0, 0x7f, 0x10, 0x00, (byte)'O', (byte)'B', 0, 0];
        ReadOnlySpan<byte> all = file;
        int other = Math.Max(all.LastIndexOf(words), all.LastIndexOf(bytes));
        Assert.True(other > 0, "the file has no native pixel data");
        return file.AsSpan(other + 12, length).ToArray();
    }

    /// <summary>Runs a tool over a file.</summary>
    /// <param name="arguments">What stands before the names of the two files.</param>
    public static async Task<byte[]> ConvertAsync(byte[] file, string tool, params string[] arguments)
    {
        string from = Path.GetTempFileName(), to = Path.GetTempFileName();
        try
        {
            await File.WriteAllBytesAsync(from, file);
            ToolResult result = await Tool.RunAsync(tool, [.. arguments, from, to]);
            Assert.True(result.ExitCode == 0, $"{tool} {string.Join(' ', arguments)}: {result.Output}{result.Error}");
            return await File.ReadAllBytesAsync(to);
        }
        finally
        {
            File.Delete(from);
            File.Delete(to);
        }
    }

    private static void Number(MemoryStream to, int element, int value)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        Element(to, 0x0028, element, "US", bytes);
    }

    private static void Text(MemoryStream to, int group, int element, string vr, string text) =>
        Element(to, group, element, vr, Encoding.ASCII.GetBytes(text.Length % 2 == 0 ? text : text + (vr == "UI" ? '\0' : ' ')));

    private static void Element(MemoryStream to, int group, int element, string vr, byte[] value)
    {
        bool isLong = vr is "OB" or "OW";
        byte[] header = new byte[isLong ? 12 : 8];
        BinaryPrimitives.WriteUInt16LittleEndian(header, (ushort)group);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(2), (ushort)element);
        (header[4], header[5]) = ((byte)vr[0], (byte)vr[1]);
        if (isLong)
        {
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(8), value.Length);
        }
        else
        {
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), (ushort)value.Length);
        }

        to.Write(header);
        to.Write(value);
    }
}
