using System.Globalization;
using System.Numerics;

namespace Edge.Core.Ids;

/// <summary>Makes UIDs.</summary>
public static class DicomUid
{
    /// <summary>A UID derived from a random UUID (PS3.5 B.2).</summary>
    public static string New()
    {
        Span<byte> bytes = stackalloc byte[16];
        Guid.NewGuid().TryWriteBytes(bytes, bigEndian: true, out _);
        return string.Create(CultureInfo.InvariantCulture, $"2.25.{new BigInteger(bytes, isUnsigned: true, isBigEndian: true)}");
    }
}
