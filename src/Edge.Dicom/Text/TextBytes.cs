using System.Text;

namespace Edge.Dicom.Text;

/// <summary>Padding and plainness of text in its encoded form.</summary>
public static class TextBytes
{
    /// <summary>
    /// A value as Orthanc takes it: trailing spaces removed, then cut at the first NUL. Leading spaces and everything inside stay.
    /// </summary>
    public static ReadOnlySpan<byte> Prepared(ReadOnlySpan<byte> value)
    {
        value = value.TrimEnd((byte)' ');
        int nul = value.IndexOf((byte)0);
        return nul < 0 ? value : value[..nul];
    }

    /// <summary>
    /// A value of VR UN whose attribute is a text one, as Orthanc takes it: a trailing NUL removed, spaces kept. The identifiers of such
    /// an instance depend on it.
    /// </summary>
    public static ReadOnlySpan<byte> PreparedUnknown(ReadOnlySpan<byte> value) => value.Length > 0 && value[^1] == 0 ? value[..^1] : value;

    /// <summary>Whether every character set reads the bytes as ASCII: none above 7F and no escape.</summary>
    public static bool IsPlainAscii(ReadOnlySpan<byte> value) => Ascii.IsValid(value) && value.IndexOf((byte)0x1B) < 0;

    /// <summary>Makes an odd length even.</summary>
    public static byte[] Padded(byte[] value, byte padding)
    {
        if ((value.Length & 1) == 0)
        {
            return value;
        }

        Array.Resize(ref value, value.Length + 1);
        value[^1] = padding;
        return value;
    }
}
