using Edge.Core.Errors;

namespace Edge.Engine.Scripting;

/// <summary>
/// Orthanc's chaining functions (<c>SendToModality</c>, <c>SendToPeer</c>, <c>ModifyInstance</c>, <c>CallSystem</c>, <c>Delete</c>): in a script they only note what is to be
/// done, one operation per call; the host takes the notes after the callback. An empty id means the output of the operation before.
/// </summary>
internal static class LuaOperations
{
    /// <summary>Forgets the notes.</summary>
    public const string Begin = "_InitializeJob";

    /// <summary>Gives the notes as an array.</summary>
    public const string Take = "_AccessJob";

    private static ReadOnlySpan<byte> Prelude => """
        local noted = {}
        function _InitializeJob() noted = {} end
        function _AccessJob() return noted end
        local function note(id, operation)
          if type(id) ~= 'string' then
            error('The identifier of a resource is missing: did a former operation fail, or was the instance deleted?', 3)
          end
          operation.id = id
          noted[#noted + 1] = operation
        end
        function SendToModality(id, modality, localAet)
          note(id, { operation = 'store', modality = tostring(modality), localAet = localAet })
          return id
        end
        function SendToPeer(id, peer)
          note(id, { operation = 'peer', peer = tostring(peer) })
          return id
        end
        function ModifyInstance(id, replacements, removals, removePrivateTags)
          note(id, { operation = 'modify', replace = replacements, remove = removals, removePrivateTags = removePrivateTags and true or false })
          return ''
        end
        ModifyResource = ModifyInstance
        function CallSystem(id, command, arguments)
          note(id, { operation = 'system', command = tostring(command), arguments = arguments })
          return id
        end
        function Delete(id)
          note(id, { operation = 'delete' })
          return nil
        end
        """u8;

    /// <exception cref="EdgeException">CannotCreateLua.</exception>
    public static void Register(LuaContext lua)
    {
        LuaResult prelude = lua.Execute(Prelude, "prelude");
        if (!prelude.Succeeded)
        {
            throw new EdgeException(ErrorCode.CannotCreateLua, prelude.Details);
        }
    }
}
