using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Edge.Core.Security;

/// <summary>
/// Passwords as they stand in <c>RegisteredUsers</c>: <c>pbkdf2-sha256$iterations$salt$key</c> (RFC 8018, salt and key in base64), or plain, as in Orthanc.
/// </summary>
public static class PasswordHash
{
    private const string Prefix = "pbkdf2-sha256$";
    private const int SaltLength = 16;
    private const int KeyLength = 32;

    /// <summary>OWASP's figure for PBKDF2-HMAC-SHA256 (Password Storage Cheat Sheet, 2023). A quarter of a second on a small box.</summary>
    private const int Iterations = 600_000;

    /// <summary>More would let a configuration stall every login.</summary>
    private const int MaximumIterations = 10_000_000;

    /// <summary>Hashes a password with a salt of its own.</summary>
    public static string Create(string password) => Create(password, Iterations);

    internal static string Create(string password, int iterations)
    {
        Span<byte> salt = stackalloc byte[SaltLength];
        RandomNumberGenerator.Fill(salt);
        Span<byte> key = stackalloc byte[KeyLength];
        Rfc2898DeriveBytes.Pbkdf2(password, salt, key, iterations, HashAlgorithmName.SHA256);
        return string.Create(CultureInfo.InvariantCulture, $"{Prefix}{iterations}${Convert.ToBase64String(salt)}${Convert.ToBase64String(key)}");
    }

    /// <summary>Whether a stored password claims to be a hash.</summary>
    public static bool IsHash(string stored) => stored.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Whether a stored hash can be verified at all.</summary>
    public static bool IsWellFormed(string stored) => TryParse(stored, out _, out _, out _);

    /// <summary>
    /// Compares a password with the stored one, in a time that does not tell where they differ. A damaged hash matches nothing.
    /// Costly for hashes: keep what was verified in a <see cref="VerifiedPasswords"/>.
    /// </summary>
    public static bool Verify(string stored, string password)
    {
        if (!IsHash(stored))
        {
            return EqualsInFixedTime(stored, password);
        }

        if (!TryParse(stored, out int iterations, out byte[] salt, out byte[] expected))
        {
            return false;
        }

        Span<byte> key = stackalloc byte[KeyLength];
        Rfc2898DeriveBytes.Pbkdf2(password, salt, key, iterations, HashAlgorithmName.SHA256);
        return CryptographicOperations.FixedTimeEquals(key, expected);
    }

    // By their digests, so that not even the length shows.
    private static bool EqualsInFixedTime(string a, string b)
    {
        Span<byte> digestA = stackalloc byte[32];
        Span<byte> digestB = stackalloc byte[32];
        SHA256.HashData(Encoding.UTF8.GetBytes(a), digestA);
        SHA256.HashData(Encoding.UTF8.GetBytes(b), digestB);
        return CryptographicOperations.FixedTimeEquals(digestA, digestB);
    }

    private static bool TryParse(string stored, out int iterations, out byte[] salt, out byte[] key)
    {
        (iterations, salt, key) = (0, [], []);
        string[] parts = stored.Split('$');
        if (!IsHash(stored) || parts.Length != 4
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out iterations)
            || iterations is < 1 or > MaximumIterations)
        {
            return false;
        }

        salt = new byte[SaltLength];
        key = new byte[KeyLength];
        return Convert.TryFromBase64String(parts[2], salt, out int saltLength) && saltLength == SaltLength
            && Convert.TryFromBase64String(parts[3], key, out int keyLength) && keyLength == KeyLength;
    }
}
