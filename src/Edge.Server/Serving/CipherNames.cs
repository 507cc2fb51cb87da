using System.Net.Security;

namespace Edge.Server.Serving;

/// <summary>Cipher suites by name: as the IANA registry has them (TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) or as OpenSSL does (ECDHE-RSA-AES256-GCM-SHA384).</summary>
internal static class CipherNames
{
    /// <summary>The suite; null for none of that name.</summary>
    public static TlsCipherSuite? Find(string name)
    {
        string iana = name.StartsWith("TLS_", StringComparison.Ordinal) ? name : FromOpenSsl(name);
        return !char.IsAsciiDigit(name.Length > 0 ? name[0] : '0') && Enum.TryParse(iana, out TlsCipherSuite suite) ? suite : null;
    }

    /// <summary>OpenSSL leaves out TLS, WITH and CBC, the key exchange where it is RSA, and the hash after ChaCha20-Poly1305.</summary>
    private static string FromOpenSsl(string name)
    {
        string[] words = name.Split('-');
        int exchange = 0;
        while (exchange < words.Length && words[exchange] is "ECDHE" or "DHE" or "ECDSA" or "RSA")
        {
            exchange++;
        }

        string keys = exchange == 0 ? "RSA" : string.Join('_', words[..exchange]);
        string[] rest = [.. words[exchange..].Select(static word => word switch
        {
            "AES128" or "CAMELLIA128" => word[..^3] + "_128",
            "AES256" or "CAMELLIA256" => word[..^3] + "_256",
            _ => word,
        })];
        string cipher = string.Join('_', rest);
        if (cipher == "CHACHA20_POLY1305")
        {
            cipher += "_SHA256";
        }
        else if (rest.Length == 2 && rest[1].StartsWith("SHA", StringComparison.Ordinal))
        {
            cipher = $"{rest[0]}_CBC_{rest[1]}";
        }
        else if (rest.Length == 2 && rest[1] is "CCM" or "CCM8")
        {
            cipher = $"{rest[0]}_{(rest[1] == "CCM8" ? "CCM_8" : "CCM")}";
        }

        return $"TLS_{keys}_WITH_{cipher}";
    }
}
