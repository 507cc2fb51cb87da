using System.Globalization;
using System.Net.NetworkInformation;
using System.Security.Cryptography;
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
        // An identifier that others can work out too; no protection is asked of it.
#pragma warning disable CA5350
        return Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(text)));
#pragma warning restore CA5350
    }
}
