using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.TestKit;

namespace Edge.Contract.Tests.Interop;

/// <summary>Self-signed certificates and keys as PEM files in a folder.</summary>
internal sealed class Certificates(TemporaryFolder folder)
{
    public string Trusted => folder.Combine("trusted.pem");

    public string Certificate(string name) => folder.Combine(name + ".pem");

    public string Key(string name) => folder.Combine(name + ".key");

    /// <summary>Makes one for each name, and <see cref="Trusted"/> of them all.</summary>
    public void Create(params string[] names)
    {
        foreach (string name in names)
        {
            using RSA rsa = RSA.Create(2048);
            CertificateRequest request = new($"CN={name}", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
            using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
            File.WriteAllText(Certificate(name), certificate.ExportCertificatePem() + "\n");
            File.WriteAllText(Key(name), rsa.ExportPkcs8PrivateKeyPem() + "\n");
        }

        File.WriteAllText(Trusted, string.Concat(names.Select(name => File.ReadAllText(Certificate(name)))));
    }
}
