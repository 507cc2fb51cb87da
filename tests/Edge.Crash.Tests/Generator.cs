using System.Net;
using System.Text.Json.Nodes;
using Edge.Dimse;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;

namespace Edge.Crash.Tests;

/// <summary>Modalities that send a number of mixed instances, each again and again until its reception is acknowledged, also to a server that is killed meanwhile.</summary>
public sealed class Generator(EdgeServer server, int count)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private int _next;
    private int _acknowledged;
    private long _refused;
    private volatile int _allowed;
    private volatile bool _released;

    /// <summary>Instances whose reception was acknowledged.</summary>
    public int Acknowledged => Volatile.Read(ref _acknowledged);

    /// <summary>Attempts that the server refused.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>Rests when so many are acknowledged, a few more or less, until more is allowed.</summary>
    public void Allow(int acknowledged) => _allowed = acknowledged;

    /// <summary>From here on as fast as it goes.</summary>
    public void Release() => _released = true;

    /// <summary>Instance 1 and on: of several patients, series and sizes; every fortieth is larger than what is read at once.</summary>
    public static SyntheticInstance Sample(int number)
    {
        int side = number % 40 == 0 ? 800 : 16 + (number % 7 * 40);
        return SyntheticInstance.Numbered(5000 + (number % 11), 1 + (number % 2), 1 + (number % 3), number) with { Rows = side, Columns = side, Modality = number % 2 == 0 ? "CT" : "MR" };
    }

    public Task RunAsync(int rest, int dicom) =>
        Task.WhenAll([.. Enumerable.Range(0, rest).Select(_ => Task.Run(UploadAsync)), .. Enumerable.Range(0, dicom).Select(_ => Task.Run(StoreAsync))]);

    private SyntheticInstance? Next() => Interlocked.Increment(ref _next) is var number && number <= count ? Sample(number) : null;

    private async Task UploadAsync()
    {
        while (Next() is { } sample)
        {
            byte[] file = sample.ToFile();
            while (!await TryUploadAsync(file))
            {
                await Task.Delay(Pause);
            }

            await AcknowledgeAsync();
        }
    }

    private async Task<bool> TryUploadAsync(byte[] file)
    {
        try
        {
            using HttpResponseMessage answer = await server.Http.PostAsync("/instances", new ByteArrayContent(file));
            string text = await answer.Content.ReadAsStringAsync();
            if (answer.StatusCode == HttpStatusCode.OK && (string?)JsonNode.Parse(text)!["Status"] is "Success" or "AlreadyStored")
            {
                return true;
            }

            Interlocked.Increment(ref _refused);
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            // It was killed.
        }

        return false;
    }

    /// <summary>A new association for every tenth instance, and after each failure.</summary>
    private async Task StoreAsync()
    {
        SyntheticInstance? sample = Next();
        while (sample is not null)
        {
            try
            {
                await using CtAssociation association = await CtAssociation.OpenAsync(server, "MODALITY");
                for (int i = 0; i < 10 && sample is not null; i++)
                {
                    if (!await association.StoreAsync(sample, sample.ToDataSet()))
                    {
                        Interlocked.Increment(ref _refused);
                        await Task.Delay(Pause);
                        continue;
                    }

                    await AcknowledgeAsync();
                    sample = Next();
                }

                await association.ReleaseAsync();
            }
            catch (DimseException)
            {
                await Task.Delay(Pause);
            }
        }
    }

    private async Task AcknowledgeAsync()
    {
        Interlocked.Increment(ref _acknowledged);
        while (!_released)
        {
            await Task.Delay(Pause);
            if (Acknowledged < _allowed)
            {
                break;
            }
        }
    }
}
