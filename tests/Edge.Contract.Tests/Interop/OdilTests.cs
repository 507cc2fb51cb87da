using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests.Interop;

/// <summary>Debian's odil, a DICOM stack that shares no code with DCMTK or with us, as the side that calls.</summary>
public sealed class OdilTests
{
    [Fact]
    public async Task OdilEchoesStoresFindsAndGets()
    {
        using TemporaryFolder folder = new();
        await using EdgeServer server = await EdgeServer.StartNewAsync(static configuration =>
        {
            configuration["DicomAlwaysAllowFind"] = true;
            configuration["DicomAlwaysAllowGet"] = true;
        });
        string[] call = ["127.0.0.1", $"{server.DicomPort}", "ODIL", "ORTHANC"];
        SyntheticInstance sample = SyntheticInstance.Numbered(911, 1, 1, 1);
        string path = folder.Combine("sample.dcm");
        await File.WriteAllBytesAsync(path, sample.ToFile(), TestContext.Current.CancellationToken);
        await SuccessAsync(["echo", .. call]);
        await SuccessAsync(["store", .. call, path]);
        Assert.Equal(1, (int)(await server.GetJsonAsync("/statistics"))["CountInstances"]!);
        string found = await SuccessAsync(["find", .. call, "study", "QueryRetrieveLevel=STUDY", "PatientID=TEST-911", "StudyInstanceUID"]);
        Assert.Contains(sample.StudyInstanceUid, found);
        string got = Directory.CreateDirectory(folder.Combine("got")).FullName;
        await SuccessAsync(["get", "-d", got, .. call, "study", "QueryRetrieveLevel=STUDY", $"StudyInstanceUID={sample.StudyInstanceUid}"]);
        string file = Assert.Single(Directory.GetFiles(got, "*", SearchOption.AllDirectories));
        Assert.True((await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)).AsSpan().IndexOf(sample.Pixels()) > 0);
    }

    private static async Task<string> SuccessAsync(string[] arguments)
    {
        ToolResult result = await Tool.RunAsync("odil", arguments);
        Assert.True(result.ExitCode == 0, $"odil {arguments[0]}: {result.Output}{result.Error}");
        return result.Output;
    }
}
