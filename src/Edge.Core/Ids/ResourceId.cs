using System.Security.Cryptography;
using System.Text;

namespace Edge.Core.Ids;

/// <summary>
/// Orthanc's resource identifiers: SHA-1 over the UTF-8 text of the DICOM identifiers joined by <c>|</c>,
/// written as five groups of eight lower-case hexadecimal digits (44 characters).
/// </summary>
public static class ResourceId
{
    /// <summary>The number of characters of an identifier.</summary>
    public const int Length = 44;

    public static string ForPatient(string patientId) => Hash(patientId);

    public static string ForStudy(string patientId, string studyInstanceUid) => Hash($"{patientId}|{studyInstanceUid}");

    public static string ForSeries(string patientId, string studyInstanceUid, string seriesInstanceUid) =>
        Hash($"{patientId}|{studyInstanceUid}|{seriesInstanceUid}");

    public static string ForInstance(string patientId, string studyInstanceUid, string seriesInstanceUid, string sopInstanceUid) =>
        Hash($"{patientId}|{studyInstanceUid}|{seriesInstanceUid}|{sopInstanceUid}");

    /// <summary>Whether <paramref name="text"/> has the shape of an identifier.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        if (text.Length != Length)
        {
            return false;
        }

        for (int i = 0; i < text.Length; i++)
        {
            bool good = i % 9 == 8 ? text[i] == '-' : char.IsAsciiHexDigit(text[i]);
            if (!good)
            {
                return false;
            }
        }

        return true;
    }

    private static string Hash(string text)
    {
        int size = Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> utf8 = size <= 1024 ? stackalloc byte[size] : new byte[size];
        int written = Encoding.UTF8.GetBytes(text, utf8);
        Span<byte> digest = stackalloc byte[20];
        // SHA-1 is the recipe of the identifiers, not a protection.
#pragma warning disable CA5350
        SHA1.HashData(utf8[..written], digest);
#pragma warning restore CA5350
        return string.Create(Length, digest.ToArray(), static (chars, bytes) =>
        {
            int at = 0;
            for (int i = 0; i < bytes.Length; i++)
            {
                if (i > 0 && i % 4 == 0)
                {
                    chars[at++] = '-';
                }

                chars[at++] = "0123456789abcdef"[bytes[i] >> 4];
                chars[at++] = "0123456789abcdef"[bytes[i] & 15];
            }
        });
    }
}
