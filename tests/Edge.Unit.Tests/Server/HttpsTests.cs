using System.Net.Security;
using Edge.Core.Options;
using Edge.Server.Serving;
using Xunit;

namespace Edge.Unit.Tests.Server;

/// <summary>The names of cipher suites, and where the server of this machine is reached.</summary>
public sealed class HttpsTests
{
    [Theory]
    [InlineData("ECDHE-RSA-AES256-GCM-SHA384", TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384)]
    [InlineData("ECDHE-ECDSA-AES128-GCM-SHA256", TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)]
    [InlineData("ECDHE-ECDSA-CHACHA20-POLY1305", TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256)]
    [InlineData("DHE-RSA-AES128-GCM-SHA256", TlsCipherSuite.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256)]
    [InlineData("ECDHE-RSA-AES128-SHA256", TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256)]
    [InlineData("AES256-SHA", TlsCipherSuite.TLS_RSA_WITH_AES_256_CBC_SHA)]
    [InlineData("AES128-GCM-SHA256", TlsCipherSuite.TLS_RSA_WITH_AES_128_GCM_SHA256)]
    [InlineData("ECDHE-ECDSA-AES128-CCM8", TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8)]
    [InlineData("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", TlsCipherSuite.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256)]
    [InlineData("TLS_AES_128_GCM_SHA256", TlsCipherSuite.TLS_AES_128_GCM_SHA256)]
    public void CipherSuitesAreFoundByBothNames(string name, TlsCipherSuite suite) => Assert.Equal(suite, CipherNames.Find(name));

    [Theory]
    [InlineData("ECDHE-RSA-AES512-GCM-SHA384")]
    [InlineData("HIGH")]
    [InlineData("49200")]
    [InlineData("")]
    public void OthersAreUnknown(string name) => Assert.Null(CipherNames.Find(name));

    [Theory]
    [InlineData("*", false, false, "http://127.0.0.1:8042/")]
    [InlineData("*", true, true, "https://127.0.0.1:8042/")]
    [InlineData("192.168.7.1", true, false, "http://192.168.7.1:8042/")]
    [InlineData("192.168.7.1", false, false, "http://127.0.0.1:8042/")]
    [InlineData("fd00::7", true, true, "https://[fd00::7]:8042/")]
    [InlineData("fd00::7", false, false, "http://[::1]:8042/")]
    [InlineData("127.0.0.2", false, false, "http://127.0.0.2:8042/")]
    public void TheServerOfThisMachineIsAskedWhereItListens(string listens, bool isRemote, bool isSecure, string expected)
    {
        EdgeOptions options = new();
        options.Edge.HttpListenAddresses = [listens];
        options.Security.RemoteAccessAllowed = isRemote;
        options.Security.SslEnabled = isSecure;
        Assert.Equal(expected, LocalServer.AddressOf(options).ToString());
    }
}
