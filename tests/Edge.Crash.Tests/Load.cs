using System.Net;
using System.Text.Json.Nodes;
using Edge.Core.Ids;
using Edge.Dimse;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;

namespace Edge.Crash.Tests;

/// <summary>Clients that store and delete until the server is gone.</summary>
public sealed class Load(EdgeServer server, Ledger ledger, int firstPatient)
{
    private int _next;

    /// <summary>Runs uploaders, one DICOM sender and one deleter until <paramref name="stop"/> or until the server goes away.</summary>
    public async Task RunAsync(int uploaders, CancellationToken stop)
    {
        List<Task> clients = [];
        for (int i = 0; i < uploaders; i++)
        {
            clients.Add(UploadAsync(stop));
        }

        clients.Add(SendAsync(stop));
        clients.Add(DeleteAsync(stop));
        await Task.WhenAll(clients);
    }

    private SyntheticInstance Next()
    {
        int number = Interlocked.Increment(ref _next);
        return SyntheticInstance.Numbered(firstPatient + (number % 7), 1 + (number % 3), 1, number) with { Rows = 32, Columns = 32 };
    }

    private static string IdOf(SyntheticInstance sample) =>
        ResourceId.ForInstance(sample.PatientId, sample.StudyInstanceUid, sample.SeriesInstanceUid, sample.SopInstanceUid);

    private async Task UploadAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            SyntheticInstance sample = Next();
            byte[] file = sample.ToFile();
            try
            {
                using HttpResponseMessage answer = await server.Http.PostAsync("/instances", new ByteArrayContent(file), CancellationToken.None);
                string text = await answer.Content.ReadAsStringAsync(CancellationToken.None);
                if (answer.StatusCode == HttpStatusCode.OK && (string?)JsonNode.Parse(text)!["Status"] == "Success")
                {
                    ledger.Acknowledge(IdOf(sample), file);
                }
            }
            catch (HttpRequestException)
            {
                return; // the server is gone
            }
        }
    }

    private async Task SendAsync(CancellationToken stop)
    {
        try
        {
            await using CtAssociation association = await CtAssociation.OpenAsync(server, "CRASHTEST");
            while (!stop.IsCancellationRequested)
            {
                SyntheticInstance sample = Next();
                byte[] dataSet = sample.ToDataSet();
                if (await association.StoreAsync(sample, dataSet))
                {
                    ledger.Acknowledge(IdOf(sample), dataSet);
                }
            }
        }
        catch (DimseException)
        {
            // The server is gone.
        }
    }

    private async Task DeleteAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(15, CancellationToken.None);
                string? id = ledger.Ids.FirstOrDefault();
                if (id is null)
                {
                    if (!server.IsRunning)
                    {
                        return; // ended before it acknowledged anything
                    }

                    continue;
                }

                ledger.BeginDeletion(id);
                using HttpResponseMessage answer = await server.Http.DeleteAsync($"/instances/{id}", CancellationToken.None);
                if (answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.NotFound)
                {
                    ledger.AcknowledgeDeletion(id);
                }
            }
            catch (HttpRequestException)
            {
                return; // the server is gone
            }
        }
    }
}
