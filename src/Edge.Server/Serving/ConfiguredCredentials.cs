using System.Text;
using Edge.Core.Security;
using Edge.Rest.Hosting;

namespace Edge.Server.Serving;

/// <summary>The accounts of <c>RegisteredUsers</c>. A hash is slow to verify on purpose, so the work leaves the pool thread.</summary>
internal sealed class ConfiguredCredentials(IReadOnlyDictionary<string, string> users) : ICredentialStore
{
    private readonly VerifiedPasswords _passwords = new(users);

    /// <summary>The configuration does not change while the server runs.</summary>
    public long Version => 0;

    public async ValueTask<bool> VerifyAsync(string user, ReadOnlyMemory<byte> password, CancellationToken cancellation)
    {
        string text = Encoding.UTF8.GetString(password.Span);
        if (_passwords.IsKnownGood(user, text))
        {
            return true;
        }

        return await Task.Factory.StartNew(() => _passwords.Verify(user, text), cancellation, TaskCreationOptions.LongRunning, TaskScheduler.Default).ConfigureAwait(false);
    }
}
