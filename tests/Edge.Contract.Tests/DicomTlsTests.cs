using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>DICOM over TLS, with DCMTK's client and with our own.</summary>
public sealed class DicomTlsTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private EdgeServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        Create("server");
        Create("client");
        Create("stranger");
        File.WriteAllText(_folder.Combine("trusted.pem"), File.ReadAllText(Certificate("server")) + File.ReadAllText(Certificate("client")));
        _server = await EdgeServer.StartNewAsync(configuration =>
        {
            configuration["DicomTlsEnabled"] = true;
            configuration["DicomTlsCertificate"] = Certificate("server");
            configuration["DicomTlsPrivateKey"] = Key("server");
            configuration["DicomTlsTrustedCertificates"] = _folder.Combine("trusted.pem");
            configuration["DicomModalities"] = new JsonObject
            {
                ["self"] = new JsonObject { ["AET"] = "ORTHANC", ["Host"] = "127.0.0.1", ["Port"] = configuration["DicomPort"]!.GetValue<int>(), ["UseDicomTls"] = true },
                ["plain"] = new JsonObject { ["AET"] = "ORTHANC", ["Host"] = "127.0.0.1", ["Port"] = configuration["DicomPort"]!.GetValue<int>(), ["Timeout"] = 3 },
            };
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task ATrustedClientIsServed()
    {
        ToolResult result = await EchoAsync("client");
        Assert.True(result.ExitCode == 0, result.Error);
    }

    [Fact]
    public async Task AClientThatIsNotTrustedIsRefused() => Assert.NotEqual(0, (await EchoAsync("stranger")).ExitCode);

    [Fact]
    public async Task AnAssociationWithoutTlsIsRefused() =>
        Assert.NotEqual(0, (await Tool.RunAsync("echoscu", "-to", "5", "-ta", "5", "-aec", "ORTHANC", "127.0.0.1", $"{_server.DicomPort}")).ExitCode);

    [Fact]
    public async Task OurClientUsesTlsWhereAModalityDemandsIt()
    {
        using HttpResponseMessage secure = await _server.Http.PostAsync("/modalities/self/echo", new StringContent("{}"));
        Assert.True((int)secure.StatusCode == 200, _server.Log);
        using HttpResponseMessage plain = await _server.Http.PostAsync("/modalities/plain/echo", new StringContent("{}"));
        Assert.Equal(500, (int)plain.StatusCode);
    }

    private Task<ToolResult> EchoAsync(string who) =>
        Tool.RunAsync("echoscu", "-aec", "ORTHANC", "+tls", Key(who), Certificate(who), "+cf", Certificate("server"), "127.0.0.1", $"{_server.DicomPort}");

    private string Certificate(string name) => _folder.Combine(name + ".pem");

    private string Key(string name) => _folder.Combine(name + ".key");

    private void Create(string name)
    {
        using RSA rsa = RSA.Create(2048);
        CertificateRequest request = new($"CN={name}", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        File.WriteAllText(Certificate(name), certificate.ExportCertificatePem() + "\n");
        File.WriteAllText(Key(name), rsa.ExportPkcs8PrivateKeyPem() + "\n");
    }
}
