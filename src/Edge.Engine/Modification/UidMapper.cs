using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;

namespace Edge.Engine.Modification;

/// <summary>
/// Gives each identifier of one job its new one, the same wherever it is met: in other instances, in references from other series, and after
/// a restart. The new one is computed from the old one and the secret key of the job, so no map has to be kept. Any thread may call it.
/// </summary>
/// <param name="key">32 random bytes of this job (<see cref="NewKey"/>): who has them can tell which new identifier an old one became.</param>
public sealed class UidMapper(byte[] key)
{
    /// <summary>UIDs under this root are the standard's own, such as those of well-known frames of reference: they identify nobody and stay.</summary>
    private const string StandardRoot = "1.2.840.10008.";

    public ReadOnlyMemory<byte> Key => key;

    public static byte[] NewKey() => RandomNumberGenerator.GetBytes(32);

    /// <summary>A UID that was never used before (PS3.5 B.2).</summary>
    public static string NewUid() => ToUid(RandomNumberGenerator.GetBytes(16));

    /// <summary>The new UID of an old one: <c>2.25.</c> and a UUID of version 8 (RFC 9562 5.8, PS3.5 B.2). An empty one stays empty.</summary>
    public string Map(string uid) => uid.Length == 0 || uid.StartsWith(StandardRoot, StringComparison.Ordinal) ? uid : ToUid(Digest("uid:", uid));

    /// <summary>The new PatientID of an old one: a UUID of 36 characters.</summary>
    public string MapPatientId(string patientId) => new Guid(Stamp(Digest("patient:", patientId)), bigEndian: true).ToString("D", CultureInfo.InvariantCulture);

    private byte[] Digest(string kind, string text)
    {
        Span<byte> hash = stackalloc byte[32];
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(kind + text), hash);
        return hash[..16].ToArray();
    }

    private static string ToUid(byte[] uuid) =>
        string.Create(CultureInfo.InvariantCulture, $"2.25.{new BigInteger(Stamp(uuid), isUnsigned: true, isBigEndian: true)}");

    // Version 8 (made by a method of one's own) and the variant of RFC 9562.
    private static byte[] Stamp(byte[] uuid)
    {
        Span<byte> version = uuid.AsSpan(6, 2);
        BinaryPrimitives.WriteUInt16BigEndian(version, (ushort)((BinaryPrimitives.ReadUInt16BigEndian(version) & 0x0FFF) | 0x8000));
        uuid[8] = (byte)((uuid[8] & 0x3F) | 0x80);
        return uuid;
    }
}
