using System.Buffers.Binary;
using System.Globalization;
using System.Net.NetworkInformation;
using System.Text;
using Edge.Core.Options;

namespace Edge.Engine.Runtime;

/// <summary>The default of <c>DatabaseServerIdentifier</c>: a hash of the machine's network addresses and the server's ports.</summary>
public static class ServerIdentifier
{
    public static string Default(EdgeOptions options)
    {
        List<string> addresses = [];
        foreach (NetworkInterface card in NetworkInterface.GetAllNetworkInterfaces())
        {
            if (card.NetworkInterfaceType != NetworkInterfaceType.Loopback && card.GetPhysicalAddress().GetAddressBytes() is { Length: > 0 } bytes)
            {
                addresses.Add(Convert.ToHexString(bytes));
            }
        }

        addresses.Sort(StringComparer.Ordinal);
        string text = string.Create(CultureInfo.InvariantCulture, $"{string.Join(',', addresses)}|{options.Dicom.DicomPort}|{options.Http.HttpPort}");
        return Hash(text);
    }

    /// <summary>
    /// 160 bits by FNV-1a from three offsets: told apart is all that servers have to be, and for a SHA-1 the crypto library, a tenth of the memory of an
    /// idle server, would be loaded before there is anything to protect.
    /// </summary>
    private static string Hash(string text)
    {
        Span<byte> hash = stackalloc byte[24];
        for (int part = 0; part < 3; part++)
        {
            ulong value = 0xCBF29CE484222325 ^ (ulong)part;
            foreach (byte one in Encoding.UTF8.GetBytes(text))
            {
                value = (value ^ one) * 0x100000001B3;
            }

            BinaryPrimitives.WriteUInt64BigEndian(hash[(part * 8)..], value);
        }

        return Convert.ToHexStringLower(hash[..20]);
    }
}
