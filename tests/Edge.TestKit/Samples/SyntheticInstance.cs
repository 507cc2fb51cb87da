using System.Buffers.Binary;
using System.Text;

namespace Edge.TestKit.Samples;

/// <summary>
/// A small CT-like instance made by hand, byte by byte, so that what tests send does not depend on the code they test
/// (explicit VR little endian, with preamble and meta information).
/// </summary>
public sealed record SyntheticInstance
{
    public const string CtImageStorage = "1.2.840.10008.5.1.4.1.1.2";
    public const string ExplicitLittleEndian = "1.2.840.10008.1.2.1";

    /// <summary>The root under which the tests' UIDs lie (PS3.5 B.2: a UUID as an integer).</summary>
    public const string UidRoot = "2.25.330519408712964857";

    public string SopClassUid { get; init; } = CtImageStorage;

    public string PatientId { get; init; } = "TEST-1";

    public string PatientName { get; init; } = "Test^One";

    public string StudyInstanceUid { get; init; } = UidRoot + ".1";

    public string SeriesInstanceUid { get; init; } = UidRoot + ".1.1";

    public string SopInstanceUid { get; init; } = UidRoot + ".1.1.1";

    public string AccessionNumber { get; init; } = "ACC1";

    public string StudyDate { get; init; } = "20260102";

    public string Modality { get; init; } = "CT";

    public int InstanceNumber { get; init; } = 1;

    /// <summary>KVP (0018,0060), which is no main tag; absent where null.</summary>
    public string? Kvp { get; init; }

    public int Rows { get; init; } = 16;

    public int Columns { get; init; } = 16;

    /// <summary>Seeds the pixels, so that instances differ.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Numbered instances: <paramref name="patient"/>, <paramref name="study"/>, <paramref name="series"/> and <paramref name="number"/> each count from 1.</summary>
    public static SyntheticInstance Numbered(int patient, int study, int series, int number) => new()
    {
        PatientId = $"TEST-{patient}",
        PatientName = $"Test^Number{patient}",
        StudyInstanceUid = $"{UidRoot}.{patient}.{study}",
        SeriesInstanceUid = $"{UidRoot}.{patient}.{study}.{series}",
        SopInstanceUid = $"{UidRoot}.{patient}.{study}.{series}.{number}",
        AccessionNumber = $"ACC{patient}-{study}",
        InstanceNumber = number,
        Seed = HashCode.Combine(patient, study, series) + number,
    };

    /// <summary>The file's bytes.</summary>
    public byte[] ToFile()
    {
        MemoryStream meta = new();
        Write(meta, 0x0002, 0x0001, "OB", [0, 1]);
        WriteText(meta, 0x0002, 0x0002, "UI", SopClassUid);
        WriteText(meta, 0x0002, 0x0003, "UI", SopInstanceUid);
        WriteText(meta, 0x0002, 0x0010, "UI", ExplicitLittleEndian);
        WriteText(meta, 0x0002, 0x0012, "UI", UidRoot + ".99");

        MemoryStream file = new();
        file.Write(new byte[128]);
        file.Write("DICM"u8);
        byte[] length = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(length, (uint)meta.Length);
        Write(file, 0x0002, 0x0000, "UL", length);
        meta.WriteTo(file);
        file.Write(ToDataSet());
        return file.ToArray();
    }

    /// <summary>The data set alone, as C-STORE carries it.</summary>
    public byte[] ToDataSet()
    {
        MemoryStream data = new();
        WriteText(data, 0x0008, 0x0016, "UI", SopClassUid);
        WriteText(data, 0x0008, 0x0018, "UI", SopInstanceUid);
        WriteText(data, 0x0008, 0x0020, "DA", StudyDate);
        WriteText(data, 0x0008, 0x0050, "SH", AccessionNumber);
        WriteText(data, 0x0008, 0x0060, "CS", Modality);
        WriteText(data, 0x0010, 0x0010, "PN", PatientName);
        WriteText(data, 0x0010, 0x0020, "LO", PatientId);
        if (Kvp is not null)
        {
            WriteText(data, 0x0018, 0x0060, "DS", Kvp);
        }

        WriteText(data, 0x0020, 0x000D, "UI", StudyInstanceUid);
        WriteText(data, 0x0020, 0x000E, "UI", SeriesInstanceUid);
        WriteText(data, 0x0020, 0x0013, "IS", InstanceNumber.ToString());
        WriteUInt16(data, 0x0028, 0x0002, 1);
        WriteText(data, 0x0028, 0x0004, "CS", "MONOCHROME2");
        WriteUInt16(data, 0x0028, 0x0010, Rows);
        WriteUInt16(data, 0x0028, 0x0011, Columns);
        WriteUInt16(data, 0x0028, 0x0100, 16);
        WriteUInt16(data, 0x0028, 0x0101, 12);
        WriteUInt16(data, 0x0028, 0x0102, 11);
        WriteUInt16(data, 0x0028, 0x0103, 0);
        Write(data, 0x7FE0, 0x0010, "OW", Pixels());
        return data.ToArray();
    }

    /// <summary>12-bit samples: a ramp with a little noise, little endian.</summary>
    public byte[] Pixels()
    {
        byte[] pixels = new byte[Rows * Columns * 2];
        uint state = (uint)Seed * 2654435761u | 1;
        for (int i = 0; i < Rows * Columns; i++)
        {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            int value = (((i % Columns) * 2048 / Columns) + ((i / Columns) * 1024 / Rows) + (int)(state & 15)) & 0xFFF;
            BinaryPrimitives.WriteUInt16LittleEndian(pixels.AsSpan(i * 2), (ushort)value);
        }

        return pixels;
    }

    private static void WriteUInt16(Stream output, ushort group, ushort element, int value)
    {
        byte[] bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        Write(output, group, element, "US", bytes);
    }

    private static void WriteText(Stream output, ushort group, ushort element, string vr, string text)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        if (bytes.Length % 2 == 1)
        {
            bytes = [.. bytes, vr == "UI" ? (byte)0 : (byte)' '];
        }

        Write(output, group, element, vr, bytes);
    }

    private static void Write(Stream output, ushort group, ushort element, string vr, byte[] value)
    {
        bool wide = vr is "OB" or "OW";
        byte[] header = new byte[wide ? 12 : 8];
        BinaryPrimitives.WriteUInt16LittleEndian(header, group);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(2), element);
        header[4] = (byte)vr[0];
        header[5] = (byte)vr[1];
        if (wide)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), (uint)value.Length);
        }
        else
        {
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), (ushort)value.Length);
        }

        output.Write(header);
        output.Write(value);
    }
}
