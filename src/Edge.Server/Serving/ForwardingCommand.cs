using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Edge.Core.Configuration;
using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Core.Security;
using Edge.Server.Commands;

namespace Edge.Server.Serving;

/// <summary><c>forwarding status</c>: what the running server says of its destinations, as a table.</summary>
internal static class ForwardingCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public static Command Create() => new("forwarding", "status", "show what waits for delivery, as the running server tells it", RunAsync)
    {
        Options =
        [
            new CommandOption("--user", "NAME", "ask as this user of the server; the password is read from standard input"),
            new CommandOption("--certificate", "FILE", "where SslVerifyPeers is true: a PEM file with the certificate and key of a client that the server accepts"),
        ],
        Details = "Asks the server on this machine, where the configuration says that it listens, over HTTPS where SslEnabled is true. Where it demands users, one whose password the configuration\n"
            + "holds as text is taken, or that of --user. Exits with 1 where something is parked or the server does not answer.",
    };

    private static async Task<int> RunAsync(CommandContext context)
    {
        if (context.Arguments.Operands[0] != "status")
        {
            throw new UsageException($"forwarding {context.Arguments.Operands[0]} is not a command: expected forwarding status");
        }

        EdgeOptions options = ConfigurationLoader.Load(ConfigurationSource.ForProcess(context.Arguments.ConfigurationPath)).OrThrow().Options;
        using HttpClient http = new(LocalServer.Handler(options.Security, context.Arguments.Options.GetValueOrDefault("--certificate"))) { BaseAddress = LocalServer.AddressOf(options), Timeout = Patience };
        if (Credentials(context, options) is { } credentials)
        {
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes(credentials)));
        }

        using JsonDocument answer = JsonDocument.Parse(await AskAsync(http).ConfigureAwait(false));
        return Show(answer.RootElement, context.Output);
    }

    private static string? Credentials(CommandContext context, EdgeOptions options)
    {
        if (context.Arguments.Options.TryGetValue("--user", out string? user))
        {
            return $"{user}:{context.Input.ReadLine()}";
        }

        if (!options.Security.IsAuthenticationDemanded)
        {
            return null;
        }

        foreach ((string name, string password) in options.Security.RegisteredUsers)
        {
            if (!PasswordHash.IsHash(password))
            {
                return $"{name}:{password}";
            }
        }

        throw new UsageException("the server demands a user, and the configuration holds no password as text: give --user NAME");
    }

    private static async Task<string> AskAsync(HttpClient http)
    {
        try
        {
            using HttpResponseMessage answer = await http.GetAsync("/edge/forwarding").ConfigureAwait(false);
            return answer.IsSuccessStatusCode
                ? await answer.Content.ReadAsStringAsync().ConfigureAwait(false)
                : throw new EdgeException(ErrorCode.NetworkProtocol, $"the server at {http.BaseAddress} answered {(int)answer.StatusCode}");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            throw new EdgeException(ErrorCode.NetworkProtocol, $"the server at {http.BaseAddress} does not answer: {e.Message}", e);
        }
    }

    private static int Show(JsonElement destinations, TextWriter output)
    {
        output.WriteLine($"{"destination",-20} {"activity",-11} {"waiting",9} {"oldest",9} {"parked",7} {"delivered",10} {"unproven",9} {"last min",9}  last error");
        bool hasParked = false;
        foreach (JsonElement at in destinations.EnumerateArray())
        {
            long parked = at.GetProperty("Parked").GetInt64();
            hasParked |= parked > 0;
            long waiting = at.GetProperty("Pending").GetInt64() + at.GetProperty("Sending").GetInt64();
            output.WriteLine($"{at.GetProperty("Name").GetString(),-20} {at.GetProperty("Activity").GetString(),-11} {waiting,9} {Age(at.GetProperty("OldestSeconds").GetInt64()),9} "
                + $"{parked,7} {at.GetProperty("Delivered").GetInt64(),10} {at.GetProperty("Uncommitted").GetInt64(),9} {at.GetProperty("SentLastMinute").GetInt64(),9}  {at.GetProperty("LastError").GetString()}");
        }

        return hasParked ? ExitCode.Failure : ExitCode.Success;
    }

    private static string Age(long seconds) => seconds switch
    {
        0 => "-",
        < 120 => $"{seconds} s",
        < 7200 => $"{seconds / 60} min",
        < 172800 => $"{seconds / 3600} h",
        _ => $"{seconds / 86400} d",
    };
}
