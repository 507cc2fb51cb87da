using System.ComponentModel;
using System.Diagnostics;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Engine.Content;
using Edge.Engine.Scripting;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Engine.Jobs.Scripts;

/// <summary>The operations of scripts that need no memory of their own.</summary>
internal static class ScriptSteps
{
    /// <summary>The modified instance, which is not stored. Its new SOP instance UID is derived from the job, so that doing it again makes the same one.</summary>
    public static async ValueTask<byte[]> ModifyAsync(JobRun run, ScriptOperation operation, int number)
    {
        if (operation.Id.Length == 0)
        {
            throw new EdgeException(ErrorCode.NotImplemented, "What a script has modified cannot be modified again");
        }

        byte[] body = JobBody.ObjectOf(json =>
        {
            json.WriteStartObject("Replace"u8);
            bool hasUid = false;
            if (operation.Fields.TryGetProperty("replace"u8, out JsonElement replace) && replace.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty member in replace.EnumerateObject())
                {
                    hasUid |= member.Name is "SOPInstanceUID" or "0008,0018" or "0008-0018" or "00080018";
                    json.WriteString(member.Name, member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString() : member.Value.GetRawText());
                }
            }

            if (!hasUid)
            {
                json.WriteString("SOPInstanceUID"u8, DerivedUid(run.JobId, number));
            }

            json.WriteEndObject();
            json.Texts("Remove"u8, [.. operation.Texts("remove")]);
            json.WriteBoolean("RemovePrivateTags"u8, operation.Fields.TryGetProperty("removePrivateTags"u8, out JsonElement flag) && flag.ValueKind == JsonValueKind.True);
            json.WriteBoolean("Force"u8, true);
        });
        RestReply reply = await run.Engine.RestCalls().InvokeAsync("POST", $"/instances/{operation.Id}/modify", body, null, builtin: true, run.Cancellation).ConfigureAwait(false);
        return reply.Succeeded
            ? reply.Body.ToArray()
            : throw new EdgeException(ErrorCode.InternalError, $"The instance {operation.Id} cannot be modified (status {reply.Status})");
    }

    public static async ValueTask DeleteAsync(JobRun run, string id)
    {
        ResourceRow? row = await run.Engine.Index.ReadAsync(id, static (reader, wanted) => reader.Find(wanted), run.Cancellation).ConfigureAwait(false);
        if (row is not null)
        {
            await run.Engine.Deletion.DeleteAsync(row.Level, id, run.Cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Opens the DICOM file of a stored instance.</summary>
    /// <exception cref="EdgeException">UnknownResource, InexistentFile.</exception>
    public static async ValueTask<Stream> OpenAsync(JobRun run, string instance)
    {
        StoredInstance stored = await run.Engine.Files.FindAsync(instance, run.Cancellation).ConfigureAwait(false)
            ?? throw new EdgeException(ErrorCode.UnknownResource, $"The instance {instance} was deleted before it was sent");
        return run.Engine.Attachments.OpenRead(stored.RequireFile().File, AttachmentView.Plain);
    }

    /// <summary>Runs a program with the path of a copy of the instance as its last argument.</summary>
    /// <exception cref="EdgeException">SystemCommand: it cannot be run, or ends with another status than 0; scripts are sandboxed.</exception>
    public static async ValueTask CallSystemAsync(JobRun run, ScriptOperation operation, byte[]? made)
    {
        string command = operation.Text("command") ?? "";
        if (run.Engine.Options.Edge.LuaSandbox)
        {
            throw new EdgeException(ErrorCode.SystemCommand, $"Scripts are sandboxed (Edge.LuaSandbox): they may not run \"{command}\"");
        }

        DirectoryInfo folder = Directory.CreateTempSubdirectory("edge-lua-"); // ours alone
        string path = Path.Combine(folder.FullName, "instance.dcm");
        try
        {
            Stream source = made is not null ? new MemoryStream(made, writable: false) : await OpenAsync(run, operation.Id).ConfigureAwait(false);
            await using (source.ConfigureAwait(false))
            {
                await using FileStream copy = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16, FileOptions.Asynchronous);
                await source.CopyToAsync(copy, run.Cancellation).ConfigureAwait(false);
            }

            ProcessStartInfo start = new(command, [.. operation.Texts("arguments"), path]) { UseShellExecute = false };
            using Process process = Process.Start(start) ?? throw new EdgeException(ErrorCode.SystemCommand, $"The command \"{command}\" cannot be run");
            try
            {
                await process.WaitForExitAsync(run.Cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                throw;
            }

            if (process.ExitCode != 0)
            {
                throw new EdgeException(ErrorCode.SystemCommand, $"The command \"{command}\" ended with status {process.ExitCode}");
            }
        }
        catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException)
        {
            throw new EdgeException(ErrorCode.SystemCommand, $"The command \"{command}\" cannot be run: {e.Message}", e);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    /// <summary>PS3.5 B.2, from a digest instead of a random number.</summary>
    private static string DerivedUid(string jobId, int number)
    {
        byte[] digest = SHA256.HashData(Encoding.UTF8.GetBytes($"{jobId}/{number}"));
        return "2.25." + new BigInteger(digest.AsSpan(0, 16), isUnsigned: true, isBigEndian: true);
    }
}
