using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>Health routes and systemd's protocol against the native binary.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task HealthIsServedOnBothListenersAndOnlyThereMetrics()
    {
        int port = FreePort.Next();
        await using EdgeServer server = await EdgeServer.StartNewAsync(configuration =>
        {
            configuration["Edge"] = new JsonObject { ["Health"] = new JsonObject { ["Port"] = port, ["MinimumFreeMB"] = 1 } };
            configuration["AuthenticationEnabled"] = true;
            configuration["RegisteredUsers"] = new JsonObject { ["alice"] = "wonderland" };
        });
        using HttpResponseMessage refused = await server.Http.GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);

        using HttpClient open = new() { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
        Assert.Equal("live\n", await open.GetStringAsync("/health/live"));
        JsonNode ready = JsonNode.Parse(await open.GetStringAsync("/health/ready"))!;
        Assert.True((bool)ready["Ready"]!);
        Assert.Equal(["dicom", "disk", "index", "storage"], ready["Checks"]!.AsObject().Select(static check => check.Key));
        Assert.Contains("orthanc_count_instances 0 ", await open.GetStringAsync("/metrics"));
        using HttpResponseMessage other = await open.GetAsync("/system");
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    [Fact]
    public async Task TooLittleRoomIs503WithTheReason()
    {
        await using EdgeServer server = await EdgeServer.StartNewAsync(static configuration =>
            configuration["Edge"] = new JsonObject { ["Health"] = new JsonObject { ["MinimumFreeMB"] = int.MaxValue } });
        using HttpResponseMessage answer = await server.Http.GetAsync("/health/ready");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        JsonNode body = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Contains("MinimumFreeMB", (string?)body["Checks"]!["disk"]);
        Assert.Equal("ok", (string?)body["Checks"]!["storage"]);
    }

    [Fact]
    public async Task SystemdIsToldOfReadinessLifeAndStop()
    {
        using TemporaryFolder folder = new();
        using Socket systemd = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(folder.Combine("notify")));
        systemd.ReceiveTimeout = 15000;
        await using EdgeServer server = new();
        server.Environment["NOTIFY_SOCKET"] = folder.Combine("notify");
        server.Environment["WATCHDOG_USEC"] = "400000";
        server.Launch();

        Assert.Equal("STATUS=opening the index", Receive(systemd));
        Assert.StartsWith("READY=1\nSTATUS=serving", Receive(systemd));
        using (HttpResponseMessage answer = await server.Http.GetAsync("/health/live"))
        {
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode); // ready means serving
        }

        int pets = 0;
        bool hasStatus = false;
        while (pets < 5 || !hasStatus)
        {
            string message = Receive(systemd);
            pets += message == "WATCHDOG=1" ? 1 : 0;
            hasStatus |= message.Contains("to deliver", StringComparison.Ordinal) && message.Contains("GB free", StringComparison.Ordinal);
        }

        await server.StopAsync();
        Assert.Equal(0, server.ExitCode);
        string last;
        do
        {
            last = Receive(systemd);
        }
        while (last == "WATCHDOG=1" || last.StartsWith("STATUS=", StringComparison.Ordinal));
        Assert.StartsWith("STOPPING=1\n", last);
    }

    private static string Receive(Socket socket)
    {
        byte[] buffer = new byte[4096];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }
}
