using System.Buffers.Binary;
using System.Text;

namespace Edge.Dimse.Tests.Kit;

/// <summary>A minimal image: enough for senders that read a file's class, instance and transfer syntax.</summary>
internal sealed class SampleObject
{
    public const string CtImageStorage = "1.2.840.10008.5.1.4.1.1.2";
    public const string MrImageStorage = "1.2.840.10008.5.1.4.1.1.4";
    private const string ExplicitLittle = "1.2.840.10008.1.2.1";

    public SampleObject(int number, int pixelBytes = 4096, string sopClass = CtImageStorage)
    {
        SopClass = sopClass;
        SopInstance = $"1.2.826.0.1.3680043.10.1000.{number}";
        MemoryStream set = new();
        Element(set, 0x0008, 0x0016, "UI", Text(sopClass, 0));
        Element(set, 0x0008, 0x0018, "UI", Text(SopInstance, 0));
        Element(set, 0x0010, 0x0010, "PN", Text("TEST^SAMPLE", ' '));
        Element(set, 0x0010, 0x0020, "LO", Text("1", ' '));
        Element(set, 0x0020, 0x000D, "UI", Text("1.2.826.0.1.3680043.10.1000.0.1", 0));
        Element(set, 0x0020, 0x000E, "UI", Text("1.2.826.0.1.3680043.10.1000.0.2", 0));
        byte[] pixels = new byte[pixelBytes];
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)((i * 31) + (i >> 8) + number);
        }

        Element(set, 0x7FE0, 0x0010, "OW", pixels);
        DataSet = set.ToArray();
    }

    public string SopClass { get; }

    public string SopInstance { get; }

    public string TransferSyntax => ExplicitLittle;

    public byte[] DataSet { get; }

    /// <summary>Writes a part 10 file (PS3.10 7.1).</summary>
    public string WriteTo(string folder)
    {
        MemoryStream meta = new();
        Element(meta, 0x0002, 0x0001, "OB", [0, 1]);
        Element(meta, 0x0002, 0x0002, "UI", Text(SopClass, 0));
        Element(meta, 0x0002, 0x0003, "UI", Text(SopInstance, 0));
        Element(meta, 0x0002, 0x0010, "UI", Text(ExplicitLittle, 0));
        Element(meta, 0x0002, 0x0012, "UI", Text("1.2.826.0.1.3680043.10.1000", 0));
        byte[] length = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)meta.Length);
        MemoryStream file = new();
        file.Write(new byte[128]);
        file.Write("DICM"u8);
        Element(file, 0x0002, 0x0000, "UL", length);
        file.Write(meta.ToArray());
        file.Write(DataSet);
        string path = Path.Combine(folder, SopInstance + ".dcm");
        File.WriteAllBytes(path, file.ToArray());
        return path;
    }

    private static byte[] Text(string value, int padding)
    {
        byte[] bytes = new byte[value.Length + (value.Length & 1)];
        bytes[^1] = (byte)padding;
        Encoding.ASCII.GetBytes(value, bytes);
        return bytes;
    }

    private static void Element(Stream to, ushort group, ushort element, string vr, byte[] value)
    {
        byte[] header = new byte[vr is "OB" or "OW" ? 12 : 8];
        BinaryPrimitives.WriteUInt16LittleEndian(header, group);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(2), element);
        Encoding.ASCII.GetBytes(vr, header.AsSpan(4));
        if (header.Length == 12)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), (uint)value.Length);
        }
        else
        {
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), (ushort)value.Length);
        }

        to.Write(header);
        to.Write(value);
    }
}
