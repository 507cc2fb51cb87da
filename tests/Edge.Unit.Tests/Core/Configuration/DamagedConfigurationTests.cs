using System.Text;
using Edge.Core.Configuration;
using Xunit;

namespace Edge.Unit.Tests.Core.Configuration;

/// <summary>Whatever a file holds, loading ends with an outcome and never with an exception.</summary>
public sealed class DamagedConfigurationTests : IDisposable
{
    private readonly ConfigurationFixture _fixture = new();
    private uint _seed = 20261121;

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void DamagedFilesAreReported()
    {
        const string good = """
            { "Name": "n", // comment
              "HttpPort": ${PORT:-8042}, "RegisteredUsers": { "a": "${file:none}" }, "LuaScripts": [ "a.lua" ], "SslEnabled": true,
              "DicomModalities": { "a": [ "A", "h", 104, "GE" ], "b": { "AET": "B", "Host": "h", "Port": "1", "LocalAet": "x" } },
              "OrthancPeers": { "p": [ "http://h" ], "q": { "Url": "http://h", "HttpHeaders": { "a": "b" }, "CertificateFile": "c" } },
              "Dictionary": { "0014,1020": [ "DA", "Name", 1, 1, "C" ] }, "UserContentType": { "c": [ 1024, "m" ] }, "UserMetadata": { "m": 1024 },
              "ExtraMainDicomTags": { "Series": [ "Rows" ] }, "Worklists": { "Enable": true, "Database": "d" },
              "Edge": { "SecretsFolder": "s", "DataFolder": "d", "HttpListenAddresses": [ "::1" ] }, "StableAge": -1e0, "Warnings": { "W001": true } }
            """;
        byte[] odd = "{}[]\",:\\0-$/*\0\n"u8.ToArray();
        int broken = 0;
        for (int i = 0; i < 1000; i++)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(good);
            for (uint change = 1 + (Next() % 3); change > 0; change--)
            {
                int at = (int)(Next() % bytes.Length);
                bytes = (Next() % 4) switch
                {
                    0 => [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + 1 + (int)(Next() % 20))..]],
                    1 => [.. bytes[..at], .. bytes[at..Math.Min(bytes.Length, at + 15)], .. bytes[at..]],
                    2 => [.. bytes[..at], odd[(int)(Next() % odd.Length)], .. bytes[at..]],
                    _ => [.. bytes[..at], (byte)Next(), .. bytes[(at + 1)..]],
                };
            }

            string path = Path.Combine(_fixture.Folder, "edge.json");
            File.WriteAllBytes(path, bytes);
            LoadedConfiguration loaded = _fixture.LoadPath(path);
            Assert.NotEmpty(loaded.Problems);
            broken += loaded.Problems.Any(static problem => problem.Message.Contains("not valid JSON")) ? 1 : 0;
        }

        Assert.InRange(broken, 150, 950); // both what is no JSON and what is, but wrong, was met
    }

    private uint Next()
    {
        _seed = (_seed * 1664525) + 1013904223;
        return _seed >> 8;
    }
}
