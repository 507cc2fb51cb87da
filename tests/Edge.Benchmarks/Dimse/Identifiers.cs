using System.Buffers.Binary;
using System.Text;

namespace Edge.Benchmarks.Dimse;

/// <summary>Identifiers of queries in explicit VR little endian, made by hand.</summary>
internal static class Identifiers
{
    /// <summary>Elements of short VRs, in any order.</summary>
    public static byte[] Of(IEnumerable<(ushort Group, ushort Element, string Vr, string Value)> elements)
    {
        List<byte> bytes = [];
        foreach ((ushort group, ushort element, string vr, string value) in elements.OrderBy(static one => (one.Group << 16) | one.Element))
        {
            byte[] text = Encoding.ASCII.GetBytes(value.Length % 2 == 0 ? value : value + (vr == "UI" ? '\0' : ' '));
            byte[] header = new byte[8];
            BinaryPrimitives.WriteUInt16LittleEndian(header, group);
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(2), element);
            Encoding.ASCII.GetBytes(vr, header.AsSpan(4));
            BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(6), (ushort)text.Length);
            bytes.AddRange(header);
            bytes.AddRange(text);
        }

        return [.. bytes];
    }
}
