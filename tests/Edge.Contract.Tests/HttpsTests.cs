using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>HTTPS of the native binary: certificate, protocols, cipher suites, client certificates, and the command that asks over it.</summary>
public sealed class HttpsTests
{
    [Fact]
    public async Task TheCertificateIsServedAndPlainHttpIsNot()
    {
        using TemporaryFolder folder = new();
        using X509Certificate2 own = Certificate(folder.Combine("server.pem"), "edge");
        await using EdgeServer server = Server(folder, static _ => { });
        using HttpClient https = await StartAsync(server, own, null);
        JsonNode system = JsonNode.Parse(await https.GetStringAsync("/system"))!;
        Assert.Equal("test", (string?)system["Name"]);
        await Assert.ThrowsAsync<HttpRequestException>(() => server.Http.GetAsync("/system"));

        // A body larger than any buffer goes through whole.
        byte[] file = (TestKit.Samples.SyntheticInstance.Numbered(420, 1, 1, 1) with { Rows = 1500, Columns = 1500 }).ToFile();
        using HttpResponseMessage stored = await https.PostAsync("/instances", new ByteArrayContent(file));
        string id = (string)JsonNode.Parse(await stored.Content.ReadAsStringAsync())!["ID"]!;
        Assert.Equal(file, await https.GetByteArrayAsync($"/instances/{id}/file"));

        ToolResult status = await Tool.RunAsync(RepositoryPaths.Binary, "--config", folder.Combine("edge-dicom.json"), "forwarding", "status");
        Assert.Equal((0, ""), (status.ExitCode, status.Error));
        Assert.Contains("destination", status.Output);
    }

    [Fact]
    public async Task OldProtocolsAndOtherSuitesAreRefused()
    {
        using TemporaryFolder folder = new();
        using X509Certificate2 own = Certificate(folder.Combine("server.pem"), "edge");
        await using EdgeServer server = Server(folder, static configuration => configuration["SslCiphersAccepted"] = new JsonArray("ECDHE-RSA-AES256-GCM-SHA384"));
        using (await StartAsync(server, own, null))
        {
            Assert.Contains("TLSv1.2", await HandshakeAsync(server, "-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384"));
            Assert.Contains("TLSv1.3", await HandshakeAsync(server, "-tls1_3"));
            Assert.Contains("Cipher is (NONE)", await HandshakeAsync(server, "-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"));
            Assert.Contains("Cipher is (NONE)", await HandshakeAsync(server, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0"));
        }
    }

    [Fact]
    public async Task ClientsWithoutATrustedCertificateAreRefused()
    {
        using TemporaryFolder folder = new();
        using X509Certificate2 own = Certificate(folder.Combine("server.pem"), "edge");
        using X509Certificate2 client = Certificate(folder.Combine("client.pem"), "client");
        using X509Certificate2 stranger = Certificate(folder.Combine("stranger.pem"), "stranger");
        await File.WriteAllTextAsync(folder.Combine("trusted.pem"), client.ExportCertificatePem());
        await using EdgeServer server = Server(folder, configuration =>
        {
            configuration["SslVerifyPeers"] = true;
            configuration["SslTrustedClientCertificates"] = folder.Combine("trusted.pem");
        });
        using (HttpClient known = await StartAsync(server, own, client))
        {
            Assert.Equal(HttpStatusCode.OK, (await known.GetAsync("/system")).StatusCode);
        }

        using HttpClient unknown = Client(server, own, stranger);
        await Assert.ThrowsAsync<HttpRequestException>(() => unknown.GetAsync("/system"));
        using HttpClient nobody = Client(server, own, null);
        await Assert.ThrowsAsync<HttpRequestException>(() => nobody.GetAsync("/system"));
        ToolResult status = await Tool.RunAsync(RepositoryPaths.Binary, "--config", folder.Combine("edge-dicom.json"), "forwarding", "status", "--certificate", folder.Combine("client.pem"));
        Assert.Equal((0, ""), (status.ExitCode, status.Error));
    }

    [Theory]
    [InlineData("SslCertificate", "missing.pem")]
    [InlineData("SslCiphersAccepted", "NO-SUCH-SUITE")]
    public async Task WhatCannotBeUsedIsAStartUpErrorThatNamesIt(string option, string value)
    {
        using TemporaryFolder folder = new();
        using X509Certificate2 own = Certificate(folder.Combine("server.pem"), "edge");
        await using EdgeServer server = Server(folder, configuration => configuration[option] = option == "SslCertificate" ? folder.Combine(value) : new JsonArray(value));
        server.Launch();
        await server.WaitForExitAsync(TimeSpan.FromMinutes(2));
        Assert.NotEqual(0, server.ExitCode);
        for (int i = 0; i < 100 && !server.Log.Contains(value, StringComparison.Ordinal); i++)
        {
            await Task.Delay(20);
        }

        Assert.Contains(option, server.Log);
        Assert.Contains(value, server.Log);
    }

    private static EdgeServer Server(TemporaryFolder folder, Action<JsonObject> configure) => new(
        configuration =>
        {
            configuration["SslEnabled"] = true;
            configuration["SslCertificate"] = folder.Combine("server.pem");
            configure(configuration);
        },
        folder);

    private static async Task<HttpClient> StartAsync(EdgeServer server, X509Certificate2 own, X509Certificate2? client)
    {
        server.Launch();
        HttpClient https = Client(server, own, client);
        Stopwatch clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using HttpResponseMessage answer = await https.GetAsync("/system");
                return https;
            }
            catch (HttpRequestException e) when (e.InnerException is SocketException && clock.Elapsed < TimeSpan.FromMinutes(2) && server.IsRunning)
            {
                await Task.Delay(20);
            }
        }
    }

    private static HttpClient Client(EdgeServer server, X509Certificate2 own, X509Certificate2? client) => new(new SocketsHttpHandler
    {
        SslOptions = new SslClientAuthenticationOptions
        {
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.GetRawCertData().AsSpan().SequenceEqual(own.RawData),
            ClientCertificates = client is null ? null : [client],
        },
    })
    { BaseAddress = new Uri($"https://127.0.0.1:{server.RestPort}") };

    private static async Task<string> HandshakeAsync(EdgeServer server, params string[] options)
    {
        ToolResult result = await Tool.RunAsync("sh", "-c", $"openssl s_client -connect 127.0.0.1:{server.RestPort} {string.Join(' ', options)} </dev/null 2>&1");
        return result.Output;
    }

    /// <summary>A self-signed certificate with its key, written as one PEM file.</summary>
    private static X509Certificate2 Certificate(string path, string name)
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(path, made.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        return X509Certificate2.CreateFromPemFile(path);
    }
}
