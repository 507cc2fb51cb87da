using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Edge.Core.Security;

/// <summary>
/// Checks users and passwords, and remembers the proof of the last good one of each user, so that basic authentication
/// pays the price of a hash once and not with every request. The proof is keyed by a secret of this process.
/// </summary>
/// <param name="users">User name to stored password, as in <c>RegisteredUsers</c>.</param>
public sealed class VerifiedPasswords(IReadOnlyDictionary<string, string> users)
{
    // When it is needed: it brings the crypto library into memory.
    private readonly Lazy<byte[]> _secret = new(static () => RandomNumberGenerator.GetBytes(32));
    private readonly ConcurrentDictionary<string, byte[]> _proofs = new(StringComparer.Ordinal);

    // What an unknown user is compared with, so that the time of the answer does not tell who exists.
    private readonly Lazy<string> _decoy = new(static () => PasswordHash.Create("no user has this password"));

    /// <summary>Whether a check of this user and password would be cheap; else do it off the thread pool.</summary>
    public bool IsKnownGood(string user, string password)
    {
        Span<byte> proof = stackalloc byte[32];
        Prove(user, password, proof);
        return _proofs.TryGetValue(user, out byte[]? known) && CryptographicOperations.FixedTimeEquals(known, proof);
    }

    /// <summary>Whether the user exists and has this password.</summary>
    public bool Verify(string user, string password)
    {
        if (!users.TryGetValue(user, out string? stored))
        {
            PasswordHash.Verify(users.Values.Any(PasswordHash.IsHash) ? _decoy.Value : "x", password);
            return false;
        }

        if (IsKnownGood(user, password))
        {
            return true;
        }

        if (!PasswordHash.Verify(stored, password))
        {
            return false;
        }

        byte[] proof = new byte[32];
        Prove(user, password, proof);
        _proofs[user] = proof;
        return true;
    }

    private void Prove(string user, string password, Span<byte> proof) =>
        HMACSHA256.HashData(_secret.Value, Encoding.UTF8.GetBytes($"{user}\0{password}"), proof);
}
