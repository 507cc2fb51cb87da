using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace Edge.Rest.Hosting;

/// <summary>
/// Orthanc's access rules: remote peers only where allowed, then HTTP Basic or Bearer credentials. A credential that was
/// verified is remembered for a minute as a keyed digest, so that slow password hashing does not slow down every request.
/// </summary>
public sealed class AccessControl(RestOptions options, ICredentialStore credentials)
{
    public const string Challenge = "Basic realm=\"Orthanc Secure Area\"";
    private const int MaximumHeader = 4096;
    private const int MaximumRemembered = 256;
    private static readonly TimeSpan RememberFor = TimeSpan.FromMinutes(1);
    private readonly Lock _gate = new();

    // When it is needed: it brings the crypto library into memory.
    private readonly Lazy<byte[]> _key = new(static () => RandomNumberGenerator.GetBytes(32));
    private readonly Dictionary<UInt128, (string User, long Until, long Version)> _remembered = [];
    private readonly GuessBrake _brake = new();

    /// <summary>Whether the request may be served; sets its user name.</summary>
    internal async ValueTask<bool> AllowAsync(RestRequest request, bool checksCredentialsItself)
    {
        if (!options.RemoteAccessAllowed && !IPAddress.IsLoopback(request.RemoteAddress))
        {
            return false;
        }

        string? header = request.Header("Authorization");
        if (!options.AuthenticationEnabled || checksCredentialsItself)
        {
            if (header is not null && TryReadBasic(header, out string user, out _))
            {
                request.Username = user; // recorded although nothing was verified, as Orthanc does
            }

            return true;
        }

        if (header is null || header.Length > MaximumHeader)
        {
            return false;
        }

        UInt128 digest = Digest(header);
        if (Recall(digest) is { } known)
        {
            request.Username = known;
            return true;
        }

        // The version is read first: a change during the verification makes what is remembered stale at once.
        long version = credentials.Version;
        await _brake.WaitAsync(request.RemoteAddress, request.Aborted).ConfigureAwait(false);
        string? verified = await VerifyAsync(header, request.Aborted).ConfigureAwait(false);
        if (verified is null)
        {
            _brake.Failed(request.RemoteAddress);
            request.Pipeline.Log.Write(RestLogLevel.Warning, $"bad credentials from {request.RemoteIp}");
            return false;
        }

        _brake.Succeeded(request.RemoteAddress);
        Remember(digest, verified, version);
        request.Username = verified;
        return true;
    }

    /// <summary>401 with the challenge and no body.</summary>
    internal ValueTask RefuseAsync(RestRequest request)
    {
        request.AnswerHeaders.WWWAuthenticate = Challenge;
        return request.Empty(401);
    }

    private async ValueTask<string?> VerifyAsync(string header, CancellationToken cancellation)
    {
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return await credentials.FindBearerAsync(header[7..].Trim(), cancellation).ConfigureAwait(false);
        }

        if (!TryReadBasic(header, out string user, out ReadOnlyMemory<byte> password))
        {
            return null;
        }

        return await credentials.VerifyAsync(user, password, cancellation).ConfigureAwait(false) ? user : null;
    }

    private static bool TryReadBasic(string header, out string user, out ReadOnlyMemory<byte> password)
    {
        user = "";
        password = default;
        if (!header.StartsWith("Basic ", StringComparison.OrdinalIgnoreCase) || header.Length > MaximumHeader)
        {
            return false;
        }

        byte[] decoded = new byte[header.Length];
        if (!Convert.TryFromBase64Chars(header.AsSpan(6).Trim(), decoded, out int count))
        {
            return false;
        }

        int colon = decoded.AsSpan(0, count).IndexOf((byte)':');
        if (colon < 0)
        {
            return false;
        }

        user = Encoding.UTF8.GetString(decoded.AsSpan(0, colon));
        password = decoded.AsMemory(colon + 1, count - colon - 1);
        return true;
    }

    private UInt128 Digest(string header)
    {
        Span<byte> text = stackalloc byte[Encoding.UTF8.GetMaxByteCount(Math.Min(header.Length, 256))];
        Span<byte> digest = stackalloc byte[32];
        if (header.Length <= 256)
        {
            HMACSHA256.HashData(_key.Value, text[..Encoding.UTF8.GetBytes(header, text)], digest);
        }
        else
        {
            HMACSHA256.HashData(_key.Value, Encoding.UTF8.GetBytes(header), digest);
        }

        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(digest);
    }

    /// <summary>The key of the table is a keyed digest: its look-up time says nothing about a password.</summary>
    private string? Recall(UInt128 digest)
    {
        lock (_gate)
        {
            return _remembered.TryGetValue(digest, out var entry) && entry.Until > Environment.TickCount64 && entry.Version == credentials.Version ? entry.User : null;
        }
    }

    private void Remember(UInt128 digest, string user, long version)
    {
        lock (_gate)
        {
            if (_remembered.Count >= MaximumRemembered)
            {
                _remembered.Clear();
            }

            _remembered[digest] = (user, Environment.TickCount64 + (long)RememberFor.TotalMilliseconds, version);
        }
    }
}
